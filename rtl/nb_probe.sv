// The arithmetic units of the array, one by one, for `nibblesim validate` and the tests: the very
// functions that the tiles include, and the quantisers as an SFU would instantiate them (no SFU is
// written in RTL). Each has a result register and a clock of its own, so that a simulation evaluates
// only the unit that is asked. Not part of a chip.
//
// Each unit: cut-through latency 1 clock.  Back-pressure: none.  Throughput: one result a clock.
module nb_probe (
    input  logic                     round64_clk_i,
    input  logic                     round32_clk_i,
    input  logic                     round16_clk_i,
    input  logic              [22:0] round_sum_i,   // the lowest of 64 sums; a tile's own width
    input  logic              [ 5:0] round_unit_i,  // exponent u, two's complement: 0, -6 or -7
    output logic            [1023:0] round64_o,
    output logic            [1023:0] round32_o,
    output logic            [1023:0] round16_o,

    input  logic                     add_clk_i,
    input  logic                     fma_clk_i,
    input  logic              [15:0] a_i,
    input  logic              [15:0] b_i,
    input  logic              [15:0] c_i,
    output logic              [15:0] add_o,  // a + b
    output logic              [15:0] fma_o,  // a * b + c

    input  logic                     single_clk_i,
    input  logic                     sawb_clk_i,
    input  logic              [31:0] single_i,  // binary32
    output logic              [15:0] single_o,  // rounded to fp16
    output logic              [ 3:0] sawb_o,    // quantised with scale a_i

    input  logic                     fp4_clk_i,
    input  logic                     phase_i,
    input  logic signed       [ 7:0] gradscale_i,
    output logic              [ 3:0] fp4_up_o,    // of a_i, ties up
    output logic              [ 3:0] fp4_down_o,  // of a_i, ties down

    input  logic                     int4_clk_i,
    output logic              [ 3:0] pact_o,  // of a_i with scale b_i
    output logic              [ 3:0] s4_o     // of a_i with scale b_i
);
  nb_probe_round #(.Lanes(64)) u_round64 (
      .clk_i(round64_clk_i), .sum_i(round_sum_i[22:0]), .unit_i(round_unit_i), .r_o(round64_o)
  );
  nb_probe_round #(.Lanes(32)) u_round32 (
      .clk_i(round32_clk_i), .sum_i(round_sum_i[21:0]), .unit_i(round_unit_i), .r_o(round32_o)
  );
  nb_probe_round #(.Lanes(16)) u_round16 (
      .clk_i(round16_clk_i), .sum_i(round_sum_i[20:0]), .unit_i(round_unit_i), .r_o(round16_o)
  );
  nb_fp16_adder u_add (
      .clk_i(add_clk_i), .a_i, .b_i, .r_o(add_o)
  );
  nb_fp16_fma u_fma (
      .clk_i(fma_clk_i), .a_i, .b_i, .c_i, .r_o(fma_o)
  );
  nb_round32 u_round32_to_16 (
      .clk_i(single_clk_i), .x_i(single_i), .r_o(single_o)
  );
  nb_quant_sawb u_sawb (
      .clk_i(sawb_clk_i), .w_i(single_i), .scale_i(a_i), .code_o(sawb_o)
  );
  nb_quant_fp4 #(.TieDown(1'b0)) u_fp4_up (
      .clk_i(fp4_clk_i), .x_i(a_i), .phase_i, .gradscale_i, .code_o(fp4_up_o)
  );
  nb_quant_fp4 #(.TieDown(1'b1)) u_fp4_down (
      .clk_i(fp4_clk_i), .x_i(a_i), .phase_i, .gradscale_i, .code_o(fp4_down_o)
  );
  nb_quant_pact u_pact (
      .clk_i(int4_clk_i), .x_i(a_i), .scale_i(b_i), .code_o(pact_o)
  );
  nb_quant_s4 u_s4 (
      .clk_i(int4_clk_i), .x_i(a_i), .scale_i(b_i), .code_o(s4_o)
  );
endmodule
