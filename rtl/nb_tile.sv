// The 4-bit tile: Lanes x Cols cells that hold a stationary B; one row of Lanes streamed codes a
// clock goes to every column, whose exact sum of products is rounded to DLFloat16 and added to
// accumulator a_acc_i of the column. One row is one chunk of NUMERICS section 2.
//
//   Latency        5 clocks from the edge that takes a row to the edge after which its sum is visible.
//   Back-pressure  none: a row is taken on every edge at which a_valid_i is set.
//   Throughput     one streamed row, one fold row or neither, and one row of B, every clock.
//
//   Lanes    4, 8 or 16..128, multiple of 16: products a column adds a clock, and the chunk length
//   Cols     1..128: columns; each costs Lanes cells, one rounder, one adder
//   AccRows  1..1024: accumulators of a column, in two banks
//   ZeroGate a streamed zero, whose masks block everything, leaves sign and swap as they are, so that
//            the nibbles of its lane stand still in all columns: for energy, not for results
//
// B: b_row_i (Cols codes, column 0 lowest) goes to the shadow cells of lane b_lane_i. The row that
// comes with a_swap_i is the first to see the shadow cells as active; the last row of B must have
// been taken before that row, the next B may follow from that row's clock on.
// A row: accumulate (acc = a_first_i ? P : acc + P) or, with a_fold_i, the second level of fp16x2
// (bank = a_first_i ? acc : bank + acc; a_row_i is ignored). With a_last_i the sum written is also
// the result row. Reset is synchronous and clears what is valid, not what is stored.
//
// stage  what it does                                 tasks
// 1      registers the ports
// 2      decodes A, stores B, swaps                   decode_row, store_row, swap_cells
// 3      products, and their sums in four planes      add_lanes, add_reference
// 4      weighs the planes, subtracts the reference   weigh_planes
// 5      rounds                                       round_sums
// 6      accumulates or folds, gives the result row   accumulate, give_result
//
// Simulation decides the form (rtl/README.md): stages run last to first with blocking assignments in
// one process, so that each reads what the previous clock left; loops stay rolled.
module nb_tile #(
    parameter int Lanes = 64,
    parameter int Cols = 64,
    parameter int AccRows = 128,
    parameter bit ZeroGate = 1'b1,
    localparam int LaneBits = $clog2(Lanes),
    localparam int AccBits = AccRows > 1 ? $clog2(AccRows) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                b_valid_i,
    input logic                b_signed_i,  // s4 codes, otherwise u4; the same for all rows of a B
    input logic [LaneBits-1:0] b_lane_i,
    input logic [  4*Cols-1:0] b_row_i,

    input logic               a_valid_i,
    input logic               a_swap_i,
    input logic               a_fold_i,
    input logic               a_first_i,
    input logic               a_last_i,
    input logic [        1:0] a_format_i,  // 0 u4, 1 s4, 2 fp4 even, 3 fp4 odd
    input logic [AccBits-1:0] a_acc_i,
    input logic [4*Lanes-1:0] a_row_i,     // lane 0 lowest

    output logic               c_valid_o,
    output logic [AccBits-1:0] c_acc_o,
    output logic [16*Cols-1:0] c_row_o     // column 0 lowest
);
  // ---- integration checks ----
`ifndef __ICARUS__  // Icarus 11 knows no elaboration tasks
  if (Lanes != 4 && Lanes != 8 && (Lanes < 16 || Lanes > 128 || Lanes % 16 != 0))
    $error("Lanes must be 4, 8 or 16..128, a multiple of 16");
  if (Cols < 1 || Cols > 128) $error("Cols must be 1..128");
  if (AccRows < 1 || AccRows > 1024) $error("AccRows must be 1..1024");
`endif

  // ---- implementation ----
  localparam int AWords = (Lanes + 7) / 8;   // rows of codes and results in words of 32 bits
  localparam int BWords = (Cols + 7) / 8;
  localparam int CWords = (Cols + 1) / 2;
  localparam int GroupLanes = Lanes < 16 ? Lanes : 16;  // a byte adds up sixteen nibbles exactly
  localparam int PlaneBits = 4 + LaneBits;   // Lanes * 15
  localparam int SumBits = 17 + LaneBits;    // |sum| <= Lanes * 15 * 4096, and a sign

  // What travels with a row.
  typedef struct packed {
    logic valid;
    logic fold;
    logic first;
    logic last;
    logic [AccBits-1:0] acc;
  } row_t;
  row_t row1_q, row2_q, row3_q, row4_q, row5_q;
  logic [1:0] format1_q, format2_q, format3_q, format4_q;

  logic b_valid_q, b_signed_q, swap_q;
  logic [LaneBits-1:0] b_lane_q;
  logic [32*BWords-1:0] b_row_q;
  logic [32*AWords-1:0] a_row_q;

  logic [3:0] a_code[8*AWords];
  logic [3:0] b_code[8*BWords];

  logic shadow_signed_q, active_signed_q;
  logic [5:0] shadow_q[Lanes][Cols];
  logic [5:0] active_q[Lanes][Cols];
  logic [5:0] sign_q[Lanes];
  logic [3:0] swapped_q[Lanes];
  logic [3:0] mask0_q[Lanes];
  logic [3:0] mask1_q[Lanes];
  logic [3:0] mask2_q[Lanes];
  logic [3:0] mask3_q[Lanes];

  logic [7:0] group0[Cols];
  logic [7:0] group1[Cols];
  logic [7:0] group2[Cols];
  logic [7:0] group3[Cols];
  logic [PlaneBits-1:0] plane0_q[Cols];
  logic [PlaneBits-1:0] plane1_q[Cols];
  logic [PlaneBits-1:0] plane2_q[Cols];
  logic [PlaneBits-1:0] plane3_q[Cols];
  logic [PlaneBits-1:0] reference0_q, reference1_q, reference2_q, reference3_q;

  logic [SumBits-1:0] sum_q[Cols];
  logic [15:0] chunk_q[Cols];
  logic [15:0] acc_q[AccRows][Cols];
  logic [15:0] bank_q[AccRows][Cols];
  logic [15:0] operand[Cols];
  logic [15:0] result[2*CWords];
  logic [32*CWords-1:0] result_row;

  `include "nb_lane.svh"
  `include "nb_chunk_round.svh"
  `include "nb_fp16_add.svh"

  // Blocking assignments on purpose: the stages run last to first, see the header. Only the output
  // ports, which others read at the same edge, are assigned with <=.
  // verilator lint_off BLKSEQ
  `include "nb_tile_operands.svh"
  `include "nb_tile_sums.svh"

  task automatic round_sums;
    logic [5:0] bias;
    bias = chunk_bias(format4_q);
    for (int unsigned c = 0; c < Cols; c++) chunk_q[c] = chunk_round(sum_q[c], bias);
  endtask

  // The first chunk, and the first group, are added to zero.
  task automatic accumulate;
    if (row5_q.fold)
      for (int unsigned c = 0; c < Cols; c++) begin
        operand[c] = acc_q[row5_q.acc][c];
        result[c] = row5_q.first ? 16'd0 : bank_q[row5_q.acc][c];
      end
    else
      for (int unsigned c = 0; c < Cols; c++) begin
        operand[c] = chunk_q[c];
        result[c] = row5_q.first ? 16'd0 : acc_q[row5_q.acc][c];
      end
    for (int unsigned c = 0; c < Cols; c++) result[c] = fp16_add(operand[c], result[c]);
    if (row5_q.fold) for (int unsigned c = 0; c < Cols; c++) bank_q[row5_q.acc][c] = result[c];
    else for (int unsigned c = 0; c < Cols; c++) acc_q[row5_q.acc][c] = result[c];
  endtask

  task automatic give_result;
    for (int unsigned w = 0; w < CWords; w++)
      result_row[32*w+:32] = {result[2*w+1], result[2*w]};
  endtask

  always_ff @(posedge clk_i) begin
    if (row5_q.valid) begin
      accumulate();
      if (row5_q.last) begin
        give_result();
        c_row_o <= result_row[16*Cols-1:0];
      end
    end
    c_valid_o <= rst_ni & row5_q.valid & row5_q.last;
    c_acc_o <= row5_q.acc;

    if (row4_q.valid & !row4_q.fold) round_sums();
    row5_q = row4_q;

    if (row3_q.valid & !row3_q.fold) weigh_planes();
    row4_q = row3_q;
    format4_q = format3_q;

    if (row2_q.valid & !row2_q.fold) begin
      add_lanes();
      add_reference();
    end
    row3_q = row2_q;
    format3_q = format2_q;

    if (row1_q.valid & swap_q) swap_cells();
    if (row1_q.valid & !row1_q.fold) decode_row();
    row2_q = row1_q;
    format2_q = format1_q;
    if (b_valid_q) store_row();

    b_valid_q = rst_ni & b_valid_i;
    b_signed_q = b_signed_i;
    b_lane_q = b_lane_i;
    b_row_q = (32*BWords)'(b_row_i);
    row1_q = {rst_ni & a_valid_i, a_fold_i, a_first_i, a_last_i, a_acc_i};
    format1_q = a_format_i;
    swap_q = a_swap_i;
    a_row_q = (32*AWords)'(a_row_i);
    if (!rst_ni) begin
      row2_q.valid = 1'b0;
      row3_q.valid = 1'b0;
      row4_q.valid = 1'b0;
      row5_q.valid = 1'b0;
    end
  end
endmodule
