// The gradient quantiser: fp16 to radix-4 fp4 (sign, three exponent bits) of x * 2^gradscale, in
// the even phase (levels 4^-3 .. 4^3) or the odd phase (half of them). Fed by the SFU with output
// gradients, read by the operand buffers of the dgrad (even) and wgrad (odd) GEMMs.
//
// The thresholds are 1.25 * 2^t for t = -7, -5 .. 5. One addition finds the largest t with
// 1.25 * 2^t <= |x|: it is |x|'s exponent if the mantissa reaches 128 (that is 1.25), else one
// less. No multiplier, no table. NaN-infinity saturates with its sign; zero and anything below the
// first threshold is code 0 without a sign.
// Source: NUMERICS section 3 [SUN 3.1, Fig. 2c].
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: one number a clock.
module nb_quant_fp4 #(
    // 0: the level above a threshold is taken at |x| >= threshold (tie up); 1: at |x| > threshold.
    parameter bit TieDown = 1'b0
) (
    input  logic              clk_i,
    input  logic       [15:0] x_i,
    input  logic              phase_i,      // 0 even, 1 odd
    input  logic signed [7:0] gradscale_i,  // binary exponent g of GradScale
    output logic        [3:0] code_o
);
  function automatic [3:0] quant_fp4(input [15:0] x, input phase, input [7:0] gradscale);
    reg       reaches;  // the mantissa is at or past 1.25
    reg [9:0] level9;   // t + 9, two's complement: 2 and 3 are level 1, 4 and 5 level 2 ...
    reg [2:0] level;
    begin
      reaches = TieDown ? x[8:0] > 9'd128 : x[8:0] >= 9'd128;
      // Unbiasing takes 31, the step below the mantissa's exponent 1, the levels' origin adds 9.
      level9 = {4'd0, x[14:9]} + {9'd0, reaches} + {9'd0, phase} +
          {{2{gradscale[7]}}, gradscale} - 10'd23;
      level = level9[9] ? 3'd0 : (level9 > 10'd15) ? 3'd7 : level9[3:1];
      level = (&x[14:0]) ? 3'd7 : level;
      level = (|x[14:0]) ? level : 3'd0;
      quant_fp4 = {x[15] & (level != 3'd0), level};
    end
  endfunction

  always_ff @(posedge clk_i) begin
    code_o <= quant_fp4(x_i, phase_i, gradscale_i);
  end
endmodule
