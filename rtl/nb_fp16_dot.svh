// Functions of nb_fp16_dot, included inside the module; Lanes, Window, LaneBits and SumBits are
// its own.

// sum * 2^(top - 60 - Window) to DLFloat16, to nearest, ties away from zero; NaN-infinity if `nan` or
// too large, +0 if too small, as in fp16_add. `top` is the largest exponent ea + eb.
function automatic logic [15:0] dot_round(input logic [SumBits-1:0] sum, input logic [6:0] top,
                                          input logic nan);
  logic [SumBits-2:0] magnitude;
  logic [30:0] x;    // the magnitude's leading one goes to bit 30
  logic [8:0] bias;  // biased exponent less one
  logic [17:0] code;
  magnitude = sum[SumBits-1] ? -sum[SumBits-2:0] : sum[SumBits-2:0];
  x = {magnitude, {(32 - SumBits) {1'b0}}};
  bias = {2'd0, top} + 9'(LaneBits - 31);
  bias = x[30:15] == 16'd0 ? bias - 9'd16 : bias;
  x = x[30:15] == 16'd0 ? x << 16 : x;
  bias = x[30:23] == 8'd0 ? bias - 9'd8 : bias;
  x = x[30:23] == 8'd0 ? x << 8 : x;
  bias = x[30:27] == 4'd0 ? bias - 9'd4 : bias;
  x = x[30:27] == 4'd0 ? x << 4 : x;
  bias = x[30:29] == 2'd0 ? bias - 9'd2 : bias;
  x = x[30:29] == 2'd0 ? x << 2 : x;
  bias = x[30] ? bias : bias - 9'd1;
  x = x[30] ? x : x << 1;
  // The leading one adds 1 to the exponent field, and so does a carry of the rounding.
  code = {bias, 9'd0} + {8'd0, x[30:21]} + {17'd0, x[20]};
  code = (code[17] | ~x[30]) ? 18'd0 : code;
  code = (nan | (code > 18'h07FFF)) ? 18'h07FFF : code;
  dot_round = {sum[SumBits-1] & code != 18'd0 & code != 18'h07FFF, code[14:0]};
endfunction

// The largest exponent of a lane that is not zero, bit by bit from the highest: a lane drops out where
// it has a zero and a lane that is still in has a one. Half the cells of a tree of comparators.
function automatic logic [6:0] largest(input logic [7*Lanes-1:0] exponents,
                                       input logic [Lanes-1:0] nonzero);
  logic [Lanes-1:0] in, bits;
  in = nonzero;
  for (int k = 6; k >= 0; k--) begin
    for (int l = 0; l < Lanes; l++) bits[l] = exponents[7*l+k];
    largest[k] = |(in & bits);
    in = in & (bits | {Lanes{~largest[k]}});
  end
endfunction

// Four words as two; they never reach the sign's place.
function automatic logic [2*SumBits-1:0] four_to_two(input logic [4*SumBits-1:0] w);
  logic [SumBits-1:0] carry1, carry2, sum1, sum2;
  carry1[0] = 1'b0;
  carry2[0] = 1'b0;
  for (int i = 0; i < SumBits - 1; i++) begin
    {carry1[i+1], sum1[i]} = {1'b0, w[i]} + {1'b0, w[SumBits+i]} + {1'b0, w[2*SumBits+i]};
    {carry2[i+1], sum2[i]} = {1'b0, sum1[i]} + {1'b0, carry1[i]} + {1'b0, w[3*SumBits+i]};
  end
  sum2[SumBits-1] = 1'b0;
  four_to_two = {carry2, sum2};
endfunction
