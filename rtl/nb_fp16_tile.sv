module nb_fp16_tile #(
    parameter int Lanes = 64,
    parameter int Cols = 2,
    parameter int AccRows = 128,
    localparam int LaneBits = $clog2(Lanes),
    localparam int AccBits = $clog2(AccRows)
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic                b_valid_i,
    input  logic [LaneBits-1:0] b_lane_i,
    input  logic [16*Cols-1:0]  b_i,
    input  logic                a_valid_i,
    input  logic                a_swap_i,
    input  logic                a_fold_i,
    input  logic                a_first_i,
    input  logic                a_last_i,
    input  logic [AccBits-1:0]  a_acc_i,
    input  logic [16*Lanes-1:0] a_i,
    output logic                c_valid_o,
    output logic [AccBits-1:0]  c_acc_o,
    output logic [16*Cols-1:0]  c_o
);
  `include "nb_fp16_fma.svh"

  logic [15:0] a_lane[Lanes];
  for (genvar l = 0; l < Lanes; l++) begin : gen_a
    assign a_lane[l] = a_i[16*l+:16];
  end

  logic [15:0] skew_q[Lanes*Lanes];   // [d*Lanes + l]: lane l's operand, d clocks before its use
  logic [15:0] swap_q[Lanes];
  logic [15:0] shadow_q[Cols*Lanes];  // [c*Lanes + l]
  logic [15:0] b_q[Cols*Lanes];
  logic [15:0] sum_q[Cols*Lanes];
  logic [15:0] acc_q[AccRows*Cols];
  logic [15:0] group_q[AccRows*Cols];
  logic [AccBits+3:0] ctl_q[Lanes+1];
  // temporaries
  logic [15:0] addend[Cols*Lanes];
  logic [15:0] a_row[Cols*Lanes];
  logic [15:0] swap[Cols*Lanes];

  /* verilator lint_off BLKSEQ */
  always_ff @(posedge clk_i) begin
    // accumulate
    c_valid_o <= rst_ni & ctl_q[Lanes][AccBits+3] & ctl_q[Lanes][AccBits];
    c_acc_o <= ctl_q[Lanes][AccBits-1:0];
    if (ctl_q[Lanes][AccBits+3]) begin
      for (int unsigned c = 0; c < Cols; c++) begin
        logic fold, first;
        logic [15:0] x, y, r;
        int unsigned i;
        fold = ctl_q[Lanes][AccBits+2];
        first = ctl_q[Lanes][AccBits+1];
        i = 32'(ctl_q[Lanes][AccBits-1:0]) * Cols + c;
        x = fold ? acc_q[i] : sum_q[c*Lanes + Lanes - 1];
        y = fold ? group_q[i] : acc_q[i];
        r = first ? x : fp16_fma(x, 16'h3E00, y);
        if (fold) group_q[i] = r; else acc_q[i] = r;
        c_o[16*c+:16] <= r;
      end
    end
    // multiply-add
    for (int unsigned i = 1; i < Cols * Lanes; i++) addend[i] = sum_q[i-1];
    for (int unsigned c = 0; c < Cols; c++) addend[c*Lanes] = 16'd0;
    for (int unsigned l = 0; l < Lanes; l++) a_row[l] = skew_q[l];
    for (int unsigned l = 0; l < (Cols-1)*Lanes; l++) a_row[l+Lanes] = a_row[l];
    for (int unsigned i = 0; i < Cols * Lanes; i++) sum_q[i] = fp16_fma(a_row[i], b_q[i], addend[i]);
    // skew
    for (int unsigned i = 0; i < Lanes * (Lanes - 1); i++) skew_q[i] = skew_q[i+Lanes];
    for (int unsigned l = 0; l < Lanes; l++) skew_q[l*Lanes+l] = a_lane[l];
    // control
    for (int unsigned l = Lanes; l > 0; l--) ctl_q[l] = ctl_q[l-1];
    ctl_q[0] = {rst_ni & a_valid_i, a_fold_i, a_first_i, a_last_i, a_acc_i};
    for (int unsigned l = Lanes - 1; l > 0; l--) swap_q[l] = swap_q[l-1];
    swap_q[0] = {16{a_valid_i & a_swap_i}};
    for (int unsigned l = 0; l < Lanes; l++) swap[l] = swap_q[l];
    for (int unsigned l = 0; l < (Cols-1)*Lanes; l++) swap[l+Lanes] = swap[l];
    for (int unsigned i = 0; i < Cols*Lanes; i++) b_q[i] = swap[i][0] ? shadow_q[i] : b_q[i];
    if (b_valid_i) for (int unsigned c = 0; c < Cols; c++) shadow_q[c*Lanes + 32'(b_lane_i)] = b_i[16*c+:16];
  end
endmodule
