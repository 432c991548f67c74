// fp16 to s4 by a scale: code = clamp(floor(x * r + 1/2), -7, 7), the product exact. For operands
// that may be negative and are stored in fp16. No layer uses it yet; an SFU would feed it,
// the forward GEMM read it.
//
// For a negative value floor(1/2 - |v|) = -ceil(|v| - 1/2): the magnitude is rounded half down, so
// the bits below 1/2 are needed as one sticky bit. NaN-infinity in x or r saturates with the
// product's sign; a zero x is code 0 whatever r is. Equal, code by code, to nb_quant_sawb fed with
// the same number as binary32. Source: NUMERICS section 3 (SAWB's rounding).
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: one number a clock.
module nb_quant_s4 (
    input  logic        clk_i,
    input  logic [15:0] x_i,
    input  logic [15:0] scale_i,  // r
    output logic [3:0]  code_o
);
  function automatic [3:0] quant_s4(input [15:0] x, input [15:0] scale);
    reg        negative;
    reg [19:0] product;    // value product * 2^(exponent - 80)
    reg [6:0]  exponent;
    reg [2:0]  right;
    reg [23:0] shifted;    // |value| = shifted * 2^-20, if it lies between 1/2 and 16
    reg [4:0]  rounded;
    reg [3:0]  magnitude;
    begin
      negative = x[15] ^ scale[15];
      product = {10'd0, 1'b1, x[8:0]} * {10'd0, 1'b1, scale[8:0]};
      exponent = {1'b0, x[14:9]} + {1'b0, scale[14:9]};
      // The product lies in [2^18, 2^20): exponent 65 means a value of at least 8, exponent 59 one
      // below 1/2. Between them the shift is 64 - exponent, 0 .. 4.
      right = 3'd0 - exponent[2:0];
      shifted = {product, 4'd0} >> right;
      rounded = {1'b0, shifted[23:20]} + {4'd0, shifted[19] & (~negative | (|shifted[18:0]))};
      magnitude = (rounded > 5'd7) ? 4'd7 : rounded[3:0];
      magnitude = (exponent > 7'd64) ? 4'd7 : magnitude;
      magnitude = ((exponent < 7'd60) | ~(|scale[14:0])) ? 4'd0 : magnitude;
      magnitude = ((&x[14:0]) | (&scale[14:0])) ? 4'd7 : magnitude;
      magnitude = (|x[14:0]) ? magnitude : 4'd0;
      quant_s4 = negative ? -magnitude : magnitude;
    end
  endfunction

  always_ff @(posedge clk_i) begin
    code_o <= quant_s4(x_i, scale_i);
  end
endmodule
