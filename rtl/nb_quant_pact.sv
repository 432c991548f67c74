// The activation quantiser PACT: u4 code = min(15, floor(x * r + 1/2)) for x > 0, else 0, with
// r = fp16(15 / alpha). Fed by the SFU with fp16 activations, read by the forward and wgrad GEMMs.
//
// The product of two fp16 numbers is exact (20 bits), so there is one rounding, the floor.
// x negative or zero gives 0 and +NaN-infinity gives 15 whatever r is; otherwise r's sign decides:
// a negative r gives 0, a positive NaN-infinity r gives 15. Source: NUMERICS section 3.
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: one number a clock.
module nb_quant_pact (
    input  logic        clk_i,
    input  logic [15:0] x_i,
    input  logic [15:0] scale_i,  // r
    output logic [3:0]  code_o
);
  // Rounding half up needs no bit below 1/2, so the shift's low bits go unused.
  /* verilator lint_off UNUSEDSIGNAL */
  function automatic [3:0] quant_pact(input [15:0] x, input [15:0] scale);
    reg [19:0] product;   // value product * 2^(exponent - 80)
    reg [6:0]  exponent;
    reg [2:0]  right;
    reg [19:0] shifted;   // value shifted * 2^-15, if it lies between 1/2 and 16
    reg [5:0]  rounded;
    reg [3:0]  code;
    begin
      product = {10'd0, 1'b1, x[8:0]} * {10'd0, 1'b1, scale[8:0]};
      exponent = {1'b0, x[14:9]} + {1'b0, scale[14:9]};
      // The product lies in [2^18, 2^20): exponent 66 means a value of at least 16, exponent 59 one
      // below 1/2. Between them the shift is 65 - exponent, 0 .. 5.
      right = 3'd1 - exponent[2:0];
      shifted = product >> right;
      rounded = {1'b0, shifted[19:15]} + {5'd0, shifted[14]};
      code = (rounded > 6'd15) ? 4'd15 : rounded[3:0];
      code = (exponent > 7'd65) ? 4'd15 : code;
      code = (exponent < 7'd60) ? 4'd0 : code;
      code = (&scale[14:0]) ? 4'd15 : code;
      code = ((|scale[14:0]) & ~scale[15]) ? code : 4'd0;
      code = (&x[14:0]) ? 4'd15 : code;
      quant_pact = ((|x[14:0]) & ~x[15]) ? code : 4'd0;
    end
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  always_ff @(posedge clk_i) begin
    code_o <= quant_pact(x_i, scale_i);
  end
endmodule
