// techmap: an adder or subtractor ($alu) becomes a ripple of FAX1 cells. Places with a constant
// operand stay logic, which abc makes smaller than an adder cell.
(* techmap_celltype = "$alu" *)
module nb_map_alu (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTMSK_CI_ = 0;
  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  input CI, BI;
  output [Y_WIDTH-1:0] X, Y, CO;

  wire [Y_WIDTH-1:0] a, b;
  wire [Y_WIDTH:0] carry;
  assign X = a ^ b;
  assign carry[0] = CI;
  assign CO = carry[Y_WIDTH:1];
  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1) begin : gen_place
      localparam a_constant = i < A_WIDTH ? _TECHMAP_CONSTMSK_A_[i] : !A_SIGNED || A_WIDTH == 0;
      localparam b_constant = i < B_WIDTH ? _TECHMAP_CONSTMSK_B_[i] : !B_SIGNED || B_WIDTH == 0;
      localparam carry_constant = i == 0 && _TECHMAP_CONSTMSK_CI_[0];
      if (i < A_WIDTH) assign a[i] = A[i];
      else if (A_SIGNED && A_WIDTH > 0) assign a[i] = A[A_WIDTH-1];
      else assign a[i] = 1'b0;
      if (i < B_WIDTH) assign b[i] = B[i] ^ BI;
      else if (B_SIGNED && B_WIDTH > 0) assign b[i] = B[B_WIDTH-1] ^ BI;
      else assign b[i] = BI;
      if (a_constant || b_constant || carry_constant) begin
        assign Y[i] = a[i] ^ b[i] ^ carry[i];
        assign carry[i+1] = (a[i] & b[i]) | (carry[i] & (a[i] | b[i]));
      end else begin
        FAX1 u_adder (.A(a[i]), .B(b[i]), .C(carry[i]), .YC(carry[i+1]), .YS(Y[i]));
      end
    end
  endgenerate
endmodule
