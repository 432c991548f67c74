// nb_tile with one kind of streamed codes, integers or fp4: synthesis drops what the other needs.
//
//   Latency, back-pressure, throughput  as nb_tile.
module nb_single_mode_tile #(
    parameter int Lanes = 64,
    parameter int Cols = 64,
    parameter int AccRows = 1,
    parameter bit Fp4 = 1'b0,  // streamed codes are fp4, otherwise u4 or s4
    localparam int LaneBits = $clog2(Lanes),
    localparam int AccBits = AccRows > 1 ? $clog2(AccRows) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    input logic                b_valid_i,
    input logic                b_signed_i,
    input logic [LaneBits-1:0] b_lane_i,
    input logic [  4*Cols-1:0] b_row_i,

    input logic               a_valid_i,
    input logic               a_swap_i,
    input logic               a_fold_i,
    input logic               a_first_i,
    input logic               a_last_i,
    input logic               a_kind_i,  // s4 or u4; odd or even phase
    input logic [AccBits-1:0] a_acc_i,
    input logic [4*Lanes-1:0] a_row_i,

    output logic               c_valid_o,
    output logic [AccBits-1:0] c_acc_o,
    output logic [16*Cols-1:0] c_row_o
);
  nb_tile #(
      .Lanes(Lanes), .Cols(Cols), .AccRows(AccRows)
  ) u_tile (
      .clk_i, .rst_ni, .b_valid_i, .b_signed_i, .b_lane_i, .b_row_i, .a_valid_i, .a_swap_i,
      .a_fold_i, .a_first_i, .a_last_i, .a_format_i({Fp4, a_kind_i}), .a_acc_i, .a_row_i,
      .c_valid_o, .c_acc_o, .c_row_o
  );
endmodule
