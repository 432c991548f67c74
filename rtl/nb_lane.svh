// The arithmetic of a lane: a streamed code decoded once a row, and its product with a stationary
// cell as four nibbles ("nibble planes"). Included inside nb_tile and the structural column of
// tools/synth; PlaneBits is the width of a plane's sum over the lanes, SumBits that of the chunk sum.
//
// A stationary code B is kept offset-binary, B + o with o = 8 for s4 (bit 3 inverted), 0 for u4.
// With A = sigma * m a lane forms V = (B + o) ^ {4{sigma < 0}}, unsigned, and
//
//   sigma * m * B = m * V - m * Vref,   Vref = o ^ {4{sigma < 0}};
//
// the correction knows no B: one reference sum a row serves every column. The magnitude m is given
// as select lines, so that the lane knows no format:
//
//   fp4       h[k] = 1 where m = 4^k           plane n weighs 16^n
//   integer   h[2n] = bit n of m, odd lines 0  plane n weighs 2^n
//
// Plane n takes V if h[2n]. An odd power of four puts V across two nibbles: they take halves of
// S = {V[1:0], V[3:2]}. A cell holds {V[1:0], V}, so that S is a slice of it (in synthesis the two
// copies are the same flip-flops).

// The select lines of one streamed code. format: 0 u4, 1 s4, 2 fp4 even, 3 fp4 odd.
function automatic logic [6:0] lane_lines(input logic [3:0] code, input logic [1:0] format);
  logic [3:0] magnitude;
  magnitude = (format[0] & code[3]) ? ~code + 4'd1 : code;
  if (format[1])
    lane_lines = {code[2:0] == 3'd7, code[2:0] == 3'd6, code[2:0] == 3'd5, code[2:0] == 3'd4,
                  code[2:0] == 3'd3, code[2:0] == 3'd2, code[2:0] == 3'd1};
  else
    lane_lines = {magnitude[3], 1'b0, magnitude[2], 1'b0, magnitude[1], 1'b0, magnitude[0]};
endfunction

// The nibble that a plane takes of V and of S.
function automatic logic [3:0] lane_plane(input logic [3:0] v, input logic [3:0] s,
                                          input logic [3:0] straight, input logic [3:0] crossed);
  lane_plane = (v & straight) | (s & crossed);
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
