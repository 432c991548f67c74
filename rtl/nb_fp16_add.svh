// DLFloat16 addition, one rounding to nearest, ties away from zero. Included inside both tiles and
// nb_fp16_adder.
// NaN-infinity (0x7FFF, either sign) is sticky and is also the result of an overflow; a result whose
// biased exponent is below zero, or whose code would be e = m = 0, is +0.
//
// A subtrahend s is shifted right as -ceil(s / 2^d) = ~((s - 1) >> d), an addend as floor(s / 2^d):
// the sum is then a floor of the exact one. With two bits below the larger operand's last place that
// floor decides the rounding (at most one place cancels if the exponents differ by two or more), so
// no sticky bit is needed. Selections instead of logic on conditions: gcc vectorises only those.
function automatic logic [15:0] fp16_add(input logic [15:0] a, input logic [15:0] b);
  logic [15:0] upper, lower;
  logic [5:0] distance;
  logic [3:0] shift;
  logic [12:0] term, flip;
  logic [13:0] x;
  logic [7:0] top;
  logic [16:0] code;
  upper = a[14:0] >= b[14:0] ? a : b;
  lower = a[14:0] >= b[14:0] ? b : a;
  distance = upper[14:9] - lower[14:9];
  shift = distance > 6'd15 ? 4'd15 : distance[3:0];
  // Significands with two more places; a zero has no leading one, and is never subtracted.
  term = lower[14:0] == 15'd0 ? 13'd0 : {2'b01, lower[8:0], 2'd0};
  flip = lower[14:0] == 15'd0 ? 13'd0 : {13{upper[15] ^ lower[15]}};
  term = ((term + flip) >> shift) ^ flip;
  x = {1'b0, (upper[14:0] == 15'd0 ? 13'd0 : {2'b01, upper[8:0], 2'd0}) + term};
  // Leading one to bit 12.
  top = {2'd0, upper[14:9]};
  top = x[12:5] == 8'd0 ? top - 8'd8 : top;
  x = x[12:5] == 8'd0 ? x << 8 : x;
  top = x[12:9] == 4'd0 ? top - 8'd4 : top;
  x = x[12:9] == 4'd0 ? x << 4 : x;
  top = x[12:11] == 2'd0 ? top - 8'd2 : top;
  x = x[12:11] == 2'd0 ? x << 2 : x;
  top = x[12] ? top : top - 8'd1;
  x = x[12] ? x : x << 1;
  // The leading one adds 1 to the exponent field, and so does a carry of the rounding.
  code = {top, 9'd0} + {6'd0, 11'((x + 14'd4) >> 3)};
  code = x[12] ? code : 17'd0;
  code = code[16] ? 17'd0 : code;
  code = code > 17'h07FFF ? 17'h07FFF : code;
  code = upper[14:0] == 15'h7FFF ? 17'h07FFF : code;
  fp16_add = code == 17'd0 ? 16'd0 : code == 17'h07FFF ? 16'h7FFF : {upper[15], code[14:0]};
endfunction
