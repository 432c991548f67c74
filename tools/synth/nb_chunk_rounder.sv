// nb_tile's chunk rounder as a unit of its own, with its result register.
//
// Latency: 1 clock.  Back-pressure: none.  Throughput: one sum a clock.
module nb_chunk_rounder #(
    parameter int Lanes = 64,
    localparam int SumBits = 17 + $clog2(Lanes)  // as nb_tile
) (
    input  logic               clk_i,
    input  logic [SumBits-1:0] sum_i,
    input  logic [        1:0] format_i,  // as nb_tile's a_format_i
    output logic [       15:0] r_o
);
  `include "nb_chunk_round.svh"

  always_ff @(posedge clk_i) r_o <= chunk_round(sum_i, chunk_bias(format_i));
endmodule
