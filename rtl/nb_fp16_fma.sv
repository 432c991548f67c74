// One fp16 (DLFloat16) fused multiply-add with its result register: r = a * b + c, rounded once.
// The lane of nb_fp16_tile as a unit of its own, which `tests/rtl` runs in Icarus and as gates, and
// `nibblesim validate` drives with chosen operands.
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: one result a clock.
module nb_fp16_fma (
    input  logic        clk_i,
    input  logic [15:0] a_i,
    input  logic [15:0] b_i,
    input  logic [15:0] c_i,
    output logic [15:0] r_o
);
  `include "nb_fp16_fma.svh"

  always_ff @(posedge clk_i) begin
    r_o <= fp16_fma(a_i, b_i, c_i);
  end
endmodule
