// nb_tile's chunk rounder for 64 consecutive sums at once: sweeping its whole domain takes a clock
// for 64 cases. Lanes fixes the width of a sum as in nb_tile. Instantiated in nb_probe.
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: 64 results a clock.
module nb_probe_round #(
    parameter int Lanes = 64,
    localparam int SumBits = 17 + $clog2(Lanes)  // as nb_tile
) (
    input  logic               clk_i,
    input  logic [SumBits-1:0] sum_i,   // result i belongs to sum_i + i
    input  logic [        5:0] unit_i,  // exponent u of the sums' unit, two's complement
    output logic [     1023:0] r_o
);
  `include "nb_chunk_round.svh"

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < 64; i++)
      r_o[16*i+:16] <= chunk_round(sum_i + SumBits'(i), BiasOne + unit_i);
  end
endmodule
