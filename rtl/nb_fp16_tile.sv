// The FP16 baseline tile: Lanes x Cols fused multiply-adds (DLFloat16) that hold a stationary B. A
// column is a chain: lane l adds a * b to the partial sum of lane l - 1 and rounds, one lane a clock,
// from +0 above lane 0, as NUMERICS section 2 orders it. Below the last lane the chunk result is
// added to accumulator a_acc_i of the column.
//
//   Latency        Lanes + 1 clocks from the edge that takes a row to the edge after which its sum is
//                  visible: one clock a lane and one for the accumulator.
//   Back-pressure  none: a row is taken on every edge at which a_valid_i is set.
//   Throughput     one streamed row, one fold row or neither, and one row of B, every clock.
//
//   Lanes    4..128, even: chain length, and the chunk length
//   Cols     1..128: columns; each costs Lanes fused multiply-adds and cells, and one adder
//   AccRows  1..1024: accumulators of a column, in two banks
//
// Ports and their meaning are nb_tile's with 16-bit codes and no formats. Rows of A arrive whole: lane
// l's code waits l clocks in the skew registers, so that it meets the partial sum of its own row. The
// swap travels with its row: lane l copies its shadow cell when that row's code reaches it.
// B must be loaded in order, lane 0 first, because a swap on its way is only just ahead of the next
// load: the swap passes lane l at edge t + l if its row was taken at t, and the next B, which may
// start at t, writes the shadow cell of lane l at t + l at the earliest, when it has just been copied.
// The last row of a B must be taken before the row that swaps to it, as in nb_tile.
//
// Simulation decides the form (rtl/README.md): stages run last to first with blocking assignments in
// one process, so that each reads what the previous clock left; loops stay rolled.
module nb_fp16_tile #(
    parameter int Lanes = 64,
    parameter int Cols = 2,
    parameter int AccRows = 128,
    localparam int LaneBits = $clog2(Lanes),
    localparam int AccBits = AccRows > 1 ? $clog2(AccRows) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                b_valid_i,
    input logic [LaneBits-1:0] b_lane_i,
    input logic [ 16*Cols-1:0] b_row_i,  // column 0 lowest

    input logic                a_valid_i,
    input logic                a_swap_i,
    input logic                a_fold_i,
    input logic                a_first_i,
    input logic                a_last_i,
    input logic [ AccBits-1:0] a_acc_i,
    input logic [16*Lanes-1:0] a_row_i,  // lane 0 lowest

    output logic               c_valid_o,
    output logic [AccBits-1:0] c_acc_o,
    output logic [16*Cols-1:0] c_row_o   // column 0 lowest
);
  // ---- integration checks ----
`ifndef __ICARUS__  // Icarus 11 knows no elaboration tasks
  if (Lanes < 4 || Lanes > 128 || Lanes % 2 != 0) $error("Lanes must be 4..128, even");
  if (Cols < 1 || Cols > 128) $error("Cols must be 1..128");
  if (AccRows < 1 || AccRows > 1024) $error("AccRows must be 1..1024");
`endif

  // ---- implementation ----
  `include "nb_fp16_fma.svh"
  `include "nb_fp16_add.svh"

  // What travels with a row.
  typedef struct packed {
    logic valid;
    logic fold;
    logic first;
    logic last;
    logic [AccBits-1:0] acc;
  } row_t;

  // Entry d of each waits d more clocks: skew_q[0] is what the lanes multiply now. Lane l enters at
  // entry l, so the entries above the diagonal are never read and vanish in synthesis.
  logic [15:0] skew_q[Lanes][Lanes];
  logic [Lanes-1:0] swap_q;          // bit l: lane l copies its shadow cells at this edge
  // Column after column, so that the multiply-adds of all columns are one run of vector operations.
  localparam int Cells = Cols * Lanes;
  logic [15:0] shadow_q[Cells];
  logic [15:0] active_q[Cells];
  logic [15:0] sum_q[Cells];
  logic [AccBits+3:0] row_q[Lanes+1];  // a row_t: entry l with the row that meets lane l next
  row_t row;
  logic [15:0] acc_q[AccRows][Cols];
  logic [15:0] bank_q[AccRows][Cols];
  logic [15:0] factor[Cells];
  logic [15:0] addend[Cells];
  logic [15:0] operand[Cols];
  logic [15:0] result[Cols];
  logic [16*Cols-1:0] result_row;

  // Blocking assignments on purpose: the stages run last to first, see the header. Only the output
  // ports, which others read at the same edge, are assigned with <=.
  // verilator lint_off BLKSEQ
  // The first chunk, and the first group, are added to zero.
  task automatic accumulate;
    for (int unsigned c = 0; c < Cols; c++) begin
      operand[c] = row.fold ? acc_q[row.acc][c] : sum_q[c*Lanes+Lanes-1];
      result[c] = row.fold ? bank_q[row.acc][c] : acc_q[row.acc][c];
      result[c] = fp16_add(operand[c], row.first ? 16'd0 : result[c]);
    end
    if (row.fold) for (int unsigned c = 0; c < Cols; c++) bank_q[row.acc][c] = result[c];
    else for (int unsigned c = 0; c < Cols; c++) acc_q[row.acc][c] = result[c];
  endtask

  task automatic give_result;
    for (int unsigned c = 0; c < Cols; c++) result_row[16*c+:16] = result[c];
  endtask

  task automatic multiply_add;
    for (int unsigned l = 0; l < Lanes; l++) factor[l] = skew_q[0][l];
    for (int unsigned i = Lanes; i < Cells; i++) factor[i] = factor[i-Lanes];
    for (int unsigned i = 1; i < Cells; i++) addend[i] = sum_q[i-1];
    for (int unsigned c = 0; c < Cols; c++) addend[c*Lanes] = 16'd0;
    for (int unsigned i = 0; i < Cells; i++)
      sum_q[i] = fp16_fma(factor[i], active_q[i], addend[i]);
  endtask

  task automatic move_rows;
    for (int unsigned d = 0; d < Lanes - 1; d++)
      for (int unsigned l = 0; l < Lanes; l++) skew_q[d][l] = skew_q[d+1][l];
    for (int unsigned w = 0; w < Lanes / 2; w++) begin
      logic [31:0] word;
      word = a_row_i[32*w+:32];
      skew_q[2*w][2*w] = word[15:0];
      skew_q[2*w+1][2*w+1] = word[31:16];
    end
    for (int unsigned l = Lanes; l > 0; l--) row_q[l] = row_q[l-1];
  endtask

  task automatic swap_cells;
    for (int unsigned l = 0; l < Lanes; l++)
      if (swap_q[l]) for (int unsigned c = 0; c < Cols; c++) active_q[c*Lanes+l] = shadow_q[c*Lanes+l];
  endtask

  task automatic store_row;
    for (int unsigned c = 0; c < Cols; c++) shadow_q[c*Lanes+32'(b_lane_i)] = b_row_i[16*c+:16];
  endtask

  always_ff @(posedge clk_i) begin
    row = row_q[Lanes];
    if (row.valid) begin
      accumulate();
      if (row.last) begin
        give_result();
        c_row_o <= result_row;
      end
    end
    c_valid_o <= rst_ni & row.valid & row.last;
    c_acc_o <= row.acc;

    multiply_add();
    move_rows();
    row_q[0] = {rst_ni & a_valid_i, a_fold_i, a_first_i, a_last_i, a_acc_i};

    swap_q = {swap_q[Lanes-2:0], a_valid_i & a_swap_i};
    if (|swap_q) swap_cells();
    if (b_valid_i) store_row();
    if (!rst_ni) begin
      swap_q = '0;
      for (int unsigned l = 0; l <= Lanes; l++) row_q[l] = '0;
    end
  end
endmodule
