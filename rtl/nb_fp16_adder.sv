// One fp16 (DLFloat16) adder with its result register: r = a + b, rounded once. The accumulator of
// the tiles as a unit of its own, for validation and synthesis.
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: one result a clock.
module nb_fp16_adder (
    input  logic        clk_i,
    input  logic [15:0] a_i,
    input  logic [15:0] b_i,
    output logic [15:0] r_o
);
  `include "nb_fp16_add.svh"

  always_ff @(posedge clk_i) begin
    r_o <= fp16_add(a_i, b_i);
  end
endmodule
