// One 64-lane column of nb_tile, built cell by cell: what a width-exact hand design of the same
// function costs. The yardstick of column_area, and a second implementation that column_tb holds
// against nb_tile. Rounder, weights and adder are the tile's own functions: they occur once a column.
//
//   Latency        as nb_tile's stages 2 to 6; the row's decoding and its controls are shared by all
//                  columns of a tile and come in registered.
//   Back-pressure  none.   Throughput  one row a clock.
module nb_structural_column (
    input logic clk_i,

    input logic [ 3:0] b_code_i,    // this column's code of the row of B at the port
    input logic        b_signed_i,
    input logic [63:0] b_write_i,   // one clock later: the lane whose shadow cell takes it
    input logic        swap_i,

    input logic         lanes_i,      // stage enables
    input logic         weigh_i,
    input logic         round_i,
    input logic         accumulate_i,
    input logic         fold_i,
    input logic         first_i,
    input logic         last_i,
    input logic [ 63:0] sign_i,       // of every lane
    input logic [447:0] lines_i,      // seven select lines of every lane
    input logic         fp4_i,
    input logic [ 22:0] reference_i,
    input logic [  5:0] bias_i,

    output logic [15:0] c_o
);
  localparam int LaneBits = 6;
  localparam int PlaneBits = 4 + LaneBits;
  localparam int SumBits = 17 + LaneBits;
  `include "nb_lane.svh"
  `include "nb_chunk_round.svh"
  `include "nb_fp16_add.svh"

  logic [3:0] b_q;
  always_ff @(posedge clk_i) b_q <= b_code_i;

  // plane_weight[4*n + i]: bit i of plane n's nibble, of every lane
  logic [63:0] plane_weight[16];
  for (genvar l = 0; l < 64; l++) begin : gen_lane
    logic [3:0] shadow_q, active_q, v;
    logic [6:0] h;
    always_ff @(posedge clk_i) begin
      if (b_write_i[l]) shadow_q <= {b_q[3] ^ b_signed_i, b_q[2:0]};
      if (swap_i) active_q <= shadow_q;
    end
    assign v = active_q ^ {4{sign_i[l]}};
    assign h = lines_i[7*l+:7];
    assign plane_weight[0][l] = v[0] & h[0];
    assign plane_weight[1][l] = v[1] & h[0];
    assign plane_weight[2][l] = (v[2] & h[0]) | (v[0] & h[1]);
    assign plane_weight[3][l] = (v[3] & h[0]) | (v[1] & h[1]);
    for (genvar n = 1; n < 3; n++) begin : gen_plane
      assign plane_weight[4*n+0][l] = (v[0] & h[2*n]) | (v[2] & h[2*n-1]);
      assign plane_weight[4*n+1][l] = (v[1] & h[2*n]) | (v[3] & h[2*n-1]);
      assign plane_weight[4*n+2][l] = (v[2] & h[2*n]) | (v[0] & h[2*n+1]);
      assign plane_weight[4*n+3][l] = (v[3] & h[2*n]) | (v[1] & h[2*n+1]);
    end
    assign plane_weight[12][l] = (v[0] & h[6]) | (v[2] & h[5]);
    assign plane_weight[13][l] = (v[1] & h[6]) | (v[3] & h[5]);
    assign plane_weight[14][l] = v[2] & h[6];
    assign plane_weight[15][l] = v[3] & h[6];
  end

  logic [9:0] plane[4];
  for (genvar n = 0; n < 4; n++) begin : gen_sum
    nb_structural_plane u_plane (
        .weight1_i(plane_weight[4*n]), .weight2_i(plane_weight[4*n+1]),
        .weight4_i(plane_weight[4*n+2]), .weight8_i(plane_weight[4*n+3]), .sum_o(plane[n])
    );
  end

  logic [9:0] plane0_q, plane1_q, plane2_q, plane3_q;
  logic [22:0] sum_q;
  logic [15:0] chunk_q, acc_q, bank_q;
  logic [15:0] kept, result;
  assign kept = first_i ? 16'd0 : fold_i ? bank_q : acc_q;
  assign result = fp16_add(fold_i ? acc_q : chunk_q, kept);
  always_ff @(posedge clk_i) begin
    if (lanes_i) begin
      plane0_q <= plane[0];
      plane1_q <= plane[1];
      plane2_q <= plane[2];
      plane3_q <= plane[3];
    end
    if (weigh_i) sum_q <= plane_weigh(plane0_q, plane1_q, plane2_q, plane3_q, fp4_i) - reference_i;
    if (round_i) chunk_q <= chunk_round(sum_q, bias_i);
    if (accumulate_i & !fold_i) acc_q <= result;
    if (accumulate_i & fold_i) bank_q <= result;
    if (accumulate_i & last_i) c_o <= result;
  end
endmodule
