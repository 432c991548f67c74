// The arithmetic of a lane: a streamed code decoded once a row, and its product with a stationary
// cell as four nibbles ("nibble planes"). Included inside nb_tile; PlaneBits is the width of a plane's
// sum over the lanes, SumBits that of the chunk sum.
//
// A stationary code B is kept offset-binary, B + o with o = 8 for s4 (bit 3 inverted), 0 for u4.
// With A = sigma * m a lane forms V = (B + o) ^ {4{sigma < 0}}, unsigned, and
//
//   sigma * m * B = m * V - m * Vref,   Vref = o ^ {4{sigma < 0}};
//
// the correction knows no B: one reference sum a row serves every column. Plane n weighs 16^n for fp4
// and 2^n for integers. The magnitude m comes as masks, so that the lane knows no format:
//
//   integer    plane n takes V where bit n of m is set
//   fp4, 16^n  plane n takes V
//   fp4, 4 * 16^n  V lies across two nibbles: the upper half of plane n takes V[1:0], the lower half
//              of plane n + 1 takes V[3:2]. Both lie in place in S = {V[1:0], V[3:2]}.
//
// So a lane swaps the halves of V if the power of four is odd (`swapped`), and ands the nibble with
// one mask a plane. A cell holds {V[1:0], V}, so that S is a slice of it (in synthesis the two copies
// are the same flip-flops).

// The four masks of a streamed code, plane 0 lowest. format: 0 u4, 1 s4, 2 fp4 even, 3 fp4 odd.
function automatic logic [15:0] lane_masks(input logic [3:0] code, input logic [1:0] format);
  logic [3:0] magnitude;
  logic [6:0] power;  // one-hot: bit k is 4^k
  logic [7:0] halves;
  magnitude = (format[0] & code[3]) ? ~code + 4'd1 : code;
  power = {code[2:0] == 3'd7, code[2:0] == 3'd6, code[2:0] == 3'd5, code[2:0] == 3'd4,
           code[2:0] == 3'd3, code[2:0] == 3'd2, code[2:0] == 3'd1};
  halves = format[1] ? {power[6], power[6] | power[5], power[4] | power[5], power[4] | power[3],
                        power[2] | power[3], power[2] | power[1], power[0] | power[1], power[0]}
                     : {{2{magnitude[3]}}, {2{magnitude[2]}}, {2{magnitude[1]}}, {2{magnitude[0]}}};
  lane_masks = {{2{halves[7]}}, {2{halves[6]}}, {2{halves[5]}}, {2{halves[4]}},
                {2{halves[3]}}, {2{halves[2]}}, {2{halves[1]}}, {2{halves[0]}}};
endfunction

// Whether a streamed code is an odd power of four: an fp4 code with an even exponent field above 0.
function automatic logic lane_swaps(input logic [2:0] field, input logic fp4);
  lane_swaps = fp4 & !field[0] & (field != 3'd0);
endfunction

// A cell with the sign of the streamed code, halves in place.
function automatic logic [3:0] lane_nibble(input logic [5:0] cell_bits, input logic [5:0] sign,
                                           input logic [3:0] swapped);
  logic [5:0] v;
  v = cell_bits ^ sign;
  lane_nibble = (v[3:0] & ~swapped) | (v[5:2] & swapped);
endfunction

// What a plane takes of it.
function automatic logic [3:0] lane_plane(input logic [3:0] nibble, input logic [3:0] mask);
  lane_plane = nibble & mask;
endfunction

// The chunk sum that the sums of the four planes stand for.
function automatic logic [SumBits-1:0] plane_weigh(
    input logic [PlaneBits-1:0] p0, input logic [PlaneBits-1:0] p1, input logic [PlaneBits-1:0] p2,
    input logic [PlaneBits-1:0] p3, input logic fp4);
  plane_weigh = SumBits'(p0)
              + (fp4 ? SumBits'({p1, 4'd0}) : SumBits'({p1, 1'd0}))
              + (fp4 ? SumBits'({p2, 8'd0}) : SumBits'({p2, 2'd0}))
              + (fp4 ? SumBits'({p3, 12'd0}) : SumBits'({p3, 3'd0}));
endfunction
