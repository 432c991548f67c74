// What the columns of an FP16 dot-product array (nb_fp16_dot) share: the ports' registers, the
// decoding of a row of A and the controls of every stage. One of it serves all columns.
//
//   Latency        6 clocks from the edge that takes a row to the edge after which its sum
//                  is visible: c_valid_o comes with c_o of the columns.
//   Back-pressure  none.   Throughput  one row of A, or one fold row, and one row of B, every clock.
//
//   Lanes    4, 8 .. 128: products of a column
//
// The ports' meaning and the rules for B are nb_tile's, except that every lane of a B is written once
// between two swaps (nb_fp16_dot). "Late" outputs belong to the multiplication. They come a clock after the
// others, so that what waits for the largest exponent waits here and not in a register of every lane.
//
// A significand is multiplied in four digits of -1, 0, 1 or 2 and one of 0, 1 or 2 (base 4) for its nine
// stored bits; the leading one is added without a gate. A digit other than 2 never needs a second
// copy of B, and -2 is avoided: one OAI22 and one OAI21 a bit select the multiple.
// With a = 512 + m, b = 512 + n and m = sum of d_k 4^k:   a b = sum of d_k 4^k n + 512 n + 512 a.
// -n is ~n + 1 - 512: the ones are the digits' own lines, all the rest depends on a alone and is summed
// here: high_o = a - sum of 4^k where digit k is -1.
module nb_fp16_dot_row #(
    parameter int Lanes = 64,
    localparam int LaneBits = $clog2(Lanes)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                b_valid_i,
    input logic [LaneBits-1:0] b_lane_i,

    input logic                a_valid_i,
    input logic                a_swap_i,
    input logic                a_fold_i,
    input logic                a_first_i,
    input logic                a_last_i,
    input logic [16*Lanes-1:0] a_row_i,  // lane 0 lowest

    output logic                b_valid_o,
    output logic [   Lanes-1:0] b_write_o,       // the lane whose shadow cell takes the column's code
    output logic [   Lanes-1:0] b_write_late_o,
    output logic                swap_o,
    output logic                swap_late_o,
    output logic                nan_o,           // an operand of the row is NaN-infinity
    output logic [   Lanes-1:0] nonzero_o,
    output logic [ 6*Lanes-1:0] exponent_o,
    output logic [   Lanes-1:0] sign_o,          // late
    output logic [14*Lanes-1:0] lines_o,         // late: {-1, 2, 1} of digits 0 to 3, {2, 1} of digit 4
    output logic [10*Lanes-1:0] high_o,          // late
    output logic                accumulate_o,
    output logic                fold_o,
    output logic                first_o,
    output logic                last_o,
    output logic                c_valid_o
);
`ifndef __ICARUS__  // Icarus 11 knows no elaboration tasks
  if (Lanes < 4 || Lanes > 128 || Lanes != 1 << $clog2(Lanes)) $error("Lanes must be 4, 8 .. 128");
`endif

  localparam int Stages = 6;  // registers in front of the accumulators

  // Digits of nine bits, lowest first, {-1, 2, 1} each; a 3 is -1 and a carry.
  function automatic logic [13:0] digits(input logic [8:0] m);
    logic carry;
    logic [1:0] value;
    carry = 1'b0;
    for (int k = 0; k < 4; k++) begin
      value = m[2*k+:2] ^ {m[2*k] & carry, carry};
      digits[3*k+:3] = {&value, value == 2'd2, value == 2'd1};
      // A digit of 4 is 0 and a carry.
      digits[3*k+:3] = &m[2*k+:2] & carry ? 3'd0 : digits[3*k+:3];
      carry = (&value) | (&m[2*k+:2] & carry);
    end
    digits[13:12] = {m[8] & carry, m[8] ^ carry};
  endfunction

  logic b_valid_q, swap_q;
  logic [LaneBits-1:0] b_lane_q;
  logic [16*Lanes-1:0] a_row_q;
  logic [10*Lanes-1:0] significand_q;  // sign and mantissa
  logic [Stages:1] valid_q, fold_q, first_q, last_q;

  logic [Lanes-1:0] lane_nan, lane_nonzero;
  logic [6*Lanes-1:0] lane_exponent;
  logic [10*Lanes-1:0] lane_significand;
  logic [Lanes-1:0] sign;
  logic [14*Lanes-1:0] lines;
  logic [10*Lanes-1:0] high;
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [13:0] lane_lines;
    assign b_write_o[l] = b_valid_q & b_lane_q == LaneBits'(l);
    assign lane_nan[l] = &a_row_q[16*l+:15];
    assign lane_nonzero[l] = |a_row_q[16*l+:15];
    assign lane_exponent[6*l+:6] = a_row_q[16*l+9+:6];
    assign lane_significand[10*l+:10] = {a_row_q[16*l+15], a_row_q[16*l+:9]};
    assign lane_lines = digits(significand_q[10*l+:9]);
    assign lines[14*l+:14] = lane_lines;
    assign sign[l] = significand_q[10*l+9];
    assign high[10*l+:10] = {1'b1, significand_q[10*l+:9]}
        - {3'd0, lane_lines[11], 1'b0, lane_lines[8], 1'b0, lane_lines[5], 1'b0, lane_lines[2]};
  end

  assign b_valid_o = b_valid_q;
  assign swap_o = valid_q[1] & swap_q;
  assign accumulate_o = valid_q[Stages];
  assign fold_o = fold_q[Stages];
  assign first_o = first_q[Stages];
  assign last_o = last_q[Stages];

  always_ff @(posedge clk_i) begin
    b_valid_q <= rst_ni & b_valid_i;
    b_lane_q <= b_lane_i;
    b_write_late_o <= b_write_o;
    swap_late_o <= swap_o;
    a_row_q <= a_row_i;
    swap_q <= a_swap_i;
    valid_q <= {valid_q[Stages-1:1], a_valid_i} & {Stages{rst_ni}};
    fold_q <= {fold_q[Stages-1:1], a_fold_i};
    first_q <= {first_q[Stages-1:1], a_first_i};
    last_q <= {last_q[Stages-1:1], a_last_i};
    c_valid_o <= rst_ni & valid_q[Stages] & last_q[Stages];

    nan_o <= |lane_nan;
    nonzero_o <= lane_nonzero;
    exponent_o <= lane_exponent;
    significand_q <= lane_significand;
    sign_o <= sign;
    lines_o <= lines;
    high_o <= high;
  end
endmodule
