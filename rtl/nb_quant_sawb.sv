// The weight quantiser SAWB: s4 code = clamp(floor(p + 1/2), -7, 7), where p = w * r is rounded
// once to binary32 (nearest even), w a binary32 master weight and r = fp16(7 / alpha). Fed by the
// SFU's weight update, read by the forward and dgrad GEMMs.
//
// The rounding to binary32 is part of the definition: it decides whether a product just below a
// threshold counts as on it. Negative values need a sticky bit, as in nb_quant_s4. NaN or infinity
// saturates with the product's sign; a zero weight is code 0 whatever r is.
// Source: NUMERICS section 3.
//
// Cut-through latency: 1 clock.  Back-pressure: none.  Throughput: one number a clock.
module nb_quant_sawb (
    input  logic        clk_i,
    input  logic [31:0] w_i,
    input  logic [15:0] scale_i,  // r
    output logic [3:0]  code_o
);
  function automatic [3:0] quant_sawb(input [31:0] w, input [15:0] scale);
    reg        negative;
    reg [33:0] product;      // 24 x 10 bits
    reg [33:0] leading;      // the product with its leading one at bit 33
    reg [8:0]  exponent;     // that one is worth 2^(exponent - 158)
    reg [24:0] significand;  // rounded to 24 bits; bit 24 is the carry
    reg [8:0]  carried;      // the exponent after rounding
    reg [1:0]  right;
    reg [26:0] shifted;      // |p| = shifted * 2^-24, if it lies between 1/2 and 8
    reg [3:0]  rounded;
    reg [3:0]  magnitude;
    begin
      negative = w[31] ^ scale[15];
      product = {10'd0, 1'b1, w[22:0]} * {24'd0, 1'b1, scale[8:0]};
      leading = product[33] ? product : {product[32:0], 1'b0};
      exponent = {1'b0, w[30:23]} + {3'd0, scale[14:9]} + {8'd0, product[33]};
      significand = {1'b0, leading[33:10]} +
          {24'd0, leading[9] & (leading[10] | (|leading[8:0]))};
      carried = exponent + {8'd0, significand[24]};
      // A carry leaves a power of two: the low bit lost here is zero.
      significand = significand[24] ? {1'b0, significand[24:1]} : significand;
      // Exponent 156 means |p| < 1/2, exponent 161 at least 8; between them shift by 160 - carried.
      right = 2'd0 - carried[1:0];
      shifted = {significand[23:0], 3'd0} >> right;
      rounded = {1'b0, shifted[26:24]} + {3'd0, shifted[23] & (~negative | (|shifted[22:0]))};
      magnitude = (rounded > 4'd7) ? 4'd7 : rounded;
      magnitude = (carried > 9'd160) ? 4'd7 : magnitude;
      magnitude = ((carried < 9'd157) | ~(|scale[14:0])) ? 4'd0 : magnitude;
      magnitude = ((&w[30:23]) | (&scale[14:0])) ? 4'd7 : magnitude;
      magnitude = (|w[30:0]) ? magnitude : 4'd0;
      quant_sawb = negative ? -magnitude : magnitude;
    end
  endfunction

  always_ff @(posedge clk_i) begin
    code_o <= quant_sawb(w_i, scale_i);
  end
endmodule
