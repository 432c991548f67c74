// The chunk rounder: sum * 2^u to DLFloat16, to nearest, ties away from zero. Included inside
// nb_tile, nb_chunk_rounder and nb_probe_round; SumBits is the width of the two's complement sum,
// whose magnitude needs SumBits - 1 bits.

// Biased exponent of the magnitude's highest bit for sums in ones, u = 0.
localparam logic [5:0] BiasOne = 6'(31 + SumBits - 2);

// The same for the sums of a streamed row, by nb_tile's a_format_i: u is 0 for integers, -6 for even
// fp4, -7 for odd fp4.
function automatic logic [5:0] chunk_bias(input logic [1:0] row_format);
  chunk_bias = !row_format[1] ? BiasOne : row_format[0] ? BiasOne - 6'd7 : BiasOne - 6'd6;
endfunction

// `bias` is the biased exponent of the magnitude's highest bit, BiasOne + u. A chunk sum can neither
// overflow nor underflow the format.
//
// Normalised by binary search and free of branches, so that a row of columns is one run of vector
// operations in simulation. Ties away need no sticky bit: half a unit is added and the rest cut.
function automatic logic [15:0] chunk_round(input logic [SumBits-1:0] sum, input logic [5:0] bias);
  logic [SumBits-1:0] magnitude;
  logic [31:0] x;
  logic by16, by8, by4, by2, by1;
  logic [14:0] code;
  // The magnitude's highest bit moves to bit 30; bit 31 is for the carry of the rounding.
  magnitude = sum[SumBits-1] ? -sum : sum;
  x = 32'(magnitude) << (32 - SumBits);
  by16 = x[30:15] == 16'd0;
  x = by16 ? x << 16 : x;
  by8 = x[30:23] == 8'd0;
  x = by8 ? x << 8 : x;
  by4 = x[30:27] == 4'd0;
  x = by4 ? x << 4 : x;
  by2 = x[30:29] == 2'd0;
  x = by2 ? x << 2 : x;
  by1 = !x[30];
  x = by1 ? x << 1 : x;
  // The leading one adds 1 to the exponent field, and so does a carry of the rounding.
  code = {bias - 6'd1 - {1'b0, by16, by8, by4, by2, by1}, 9'd0} + 15'((x + 32'h0010_0000) >> 21);
  chunk_round = x[30] ? {sum[SumBits-1], code} : 16'd0;
endfunction
