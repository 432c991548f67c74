// Binary32 to fp16 (DLFloat16), rounded to nearest with ties away from zero: what the SFU does with
// every result it stores. Infinity, NaN and anything too large become NaN-infinity (0x7FFF), values
// below half of the smallest fp16 become zero; zero and NaN-infinity carry no sign.
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: one number a clock.
module nb_round32 (
    input  logic        clk_i,
    input  logic [31:0] x_i,
    output logic [15:0] r_o
);
  // Ties away from zero: the first bit below the mantissa decides, the lower ones do not matter.
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic [15:0] round32(input [31:0] x);
    reg [17:0] code;  // biased binary32 exponent and 9 bits of mantissa, rounded
    reg        sign;
    begin
      // A carry out of the mantissa lands in the exponent, where it belongs.
      code = {1'b0, x[30:14]} + {17'd0, x[13]};
      // 96 = 127 - 31, the difference of the two biases, in units of 512.
      code = (code < {9'd96, 9'd0}) ? 18'd0 : code - {9'd96, 9'd0};
      code = (code > 18'h07FFF) ? 18'h07FFF : code;
      sign = x[31] & (code != 18'd0) & (code != 18'h07FFF);
      round32 = {sign, code[14:0]};
    end
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  always_ff @(posedge clk_i) begin
    r_o <= round32(x_i);
  end
endmodule
