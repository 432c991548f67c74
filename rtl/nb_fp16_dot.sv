// One column of a fused FP16 dot product: Lanes products of DLFloat16 codes, summed in fixed point and
// rounded once, then added to the column's accumulator. A baseline for area beside nb_tile, not part of
// the simulator. What columns share is nb_fp16_dot_row.
//
//   Latency        6 clocks from the edge that takes a row to the edge after which its sum is visible.
//   Back-pressure  none: a row is taken on every edge at which a_valid_i of nb_fp16_dot_row is set.
//   Throughput     one row of A, or one fold row, and one row of B, every clock.
//
//   Lanes      4, 8 .. 128: products of a chunk
//   Window     11..24: bits of a product that count, at and below the largest product's top place. 14,
//              the default, is the least at which the root mean square, the largest and the mean relative
//              error stay below those of the chain of fused multiply-adds on every kind of random
//              operands tried. Truncation leans towards zero where all products have one sign.
//   MaxLevels  1..6: levels of the sum in front of the registers; each halves the registers
//
// Chunk result of codes a_l (streamed) and b_l (stationary), l = 0 .. Lanes - 1:
//   NaN-infinity (0x7FFF) if any a_l or b_l is NaN-infinity, whatever it is multiplied with. Otherwise
//   T = largest ea_l + eb_l (biased exponents, 0..126) of the lanes whose product is not zero; +0 if
//   there is none. A product's magnitude is p_l * 2^(ea_l + eb_l - 80), p_l the exact 20-bit product of
//   the significands. It counts as t_l = floor(p_l * 2^(Window - 20 - (T - ea_l - eb_l))): the magnitude
//   is truncated, then negated if the signs differ, so that negative and positive products lose alike
//   and -P + P is 0. S = sum of +-t_l is exact. P = S * 2^(T - 60 - Window) rounded once, to nearest, ties
//   away from zero; too large is NaN-infinity; a biased exponent below 0 after rounding, and the code
//   e = m = 0, are +0.
// Then acc = first ? P : fp16_add(acc, P), or in a fold row bank = first ? acc : fp16_add(bank, acc); a
// row with last_i also gives what it wrote as c_o.
//
// B: as in nb_tile, but every lane is written once between reset or a swap and the next swap, because
// NaN-infinity of a B is noted for the column and not for each lane.
//
// stage  what it does                                                        registers a lane
// 1      registers the ports, and stores B                                   2 x 17, the cells
// 2      (nb_fp16_dot_row) zero, NaN-infinity, exponents of A                -
// 3      exponents added, the largest found; select lines of A decoded       8
// 4      products, aligned, negated, first levels of the sum                 about 2, carry-save
// 5      the rest of the sum
// 6      rounds
// 7      accumulates or folds
//
// Where area goes: B's mantissa meets digits of A decoded once a row (base 4, no multiple but n and 2n);
// the cut between exponents and products lies in front of the multipliers, where A waits in registers
// of the row; products are cut to the window before they are shifted; the sum is cut where few words
// are left. The sum of the signs is counted once and serves twice: +1 and -2^Window of each
// negated term. There are no stage enables but the accumulators': they cost more than they would here.
module nb_fp16_dot #(
    parameter int Lanes = 64,
    parameter int Window = 14,
    parameter int MaxLevels = 4
) (
    input logic clk_i,
    input logic rst_ni,

    input logic [15:0] b_code_i,  // this column's code of the row of B at the port

    // nb_fp16_dot_row
    input logic                b_valid_i,       // b_code_i was taken
    input logic [   Lanes-1:0] b_write_i,
    input logic [   Lanes-1:0] b_write_late_i,
    input logic                swap_i,
    input logic                swap_late_i,
    input logic                nan_i,
    input logic [   Lanes-1:0] nonzero_i,
    input logic [ 6*Lanes-1:0] exponent_i,
    input logic [   Lanes-1:0] sign_i,
    input logic [14*Lanes-1:0] lines_i,
    input logic [10*Lanes-1:0] high_i,
    input logic                accumulate_i,
    input logic                fold_i,
    input logic                first_i,
    input logic                last_i,

    output logic [15:0] c_o
);
`ifndef __ICARUS__  // Icarus 11 knows no elaboration tasks
  if (Lanes < 4 || Lanes > 128 || Lanes != 1 << $clog2(Lanes)) $error("Lanes must be 4, 8 .. 128");
  if (Window < 11 || Window > 24) $error("Window must be 11..24");
`endif

  localparam int LaneBits = $clog2(Lanes);
  localparam int SumBits = Window + LaneBits + 1;  // |sum| < Lanes * 2^Window, and a sign
  localparam int Levels = LaneBits - 1 < MaxLevels ? LaneBits - 1 : MaxLevels;
  localparam int Words = Lanes >> Levels;          // what is left of the lanes' terms before the sum

  `include "nb_fp16_add.svh"
  `include "nb_fp16_dot.svh"

  // ---- B ----
  // A NaN-infinity is noted for the column as a whole: it makes every chunk of its B one.
  logic [15:0] b_q;
  logic [9:0] b_late_q;  // sign and mantissa, a clock later as all that belongs to products
  logic shadow_nan_q, active_nan_q;
  always_ff @(posedge clk_i) begin
    b_q <= b_code_i;
    b_late_q <= {b_q[15], b_q[8:0]};
    shadow_nan_q <= rst_ni & ((b_valid_i & (&b_q[14:0])) | (shadow_nan_q & ~swap_i));
    if (swap_i) active_nan_q <= shadow_nan_q;
  end

  // ---- exponents ----
  logic [7*Lanes-1:0] exponents, exponents_q;
  logic [Lanes-1:0] nonzero, nonzero_q;
  logic [6:0] top_q;
  logic nan_q;
  always_ff @(posedge clk_i) begin
    exponents_q <= exponents;
    nonzero_q <= nonzero;
    top_q <= largest(exponents, nonzero);
    nan_q <= nan_i | active_nan_q;
  end

  // ---- lanes: cells, products, alignment ----
  logic [Lanes-1:0] negative;
  logic [SumBits*Lanes-1:0] terms;
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [6:0] shadow_q, active_q;            // not zero, exponent
    logic [9:0] late_shadow_q, late_active_q;  // sign, mantissa
    always_ff @(posedge clk_i) begin
      if (b_write_i[l]) shadow_q <= {|b_q[14:0], b_q[14:9]};
      if (swap_i) active_q <= shadow_q;
      if (b_write_late_i[l]) late_shadow_q <= b_late_q;
      if (swap_late_i) late_active_q <= late_shadow_q;
    end
    assign exponents[7*l+:7] = {1'b0, exponent_i[6*l+:6]} + {1'b0, active_q[5:0]};
    assign nonzero[l] = nonzero_i[l] & active_q[6];

    logic [6:0] distance;
    logic [Window-1:0] magnitude;
    assign distance = top_q - exponents_q[7*l+:7];
    nb_fp16_dot_lane #(
        .Window(Window)
    ) u_lane (
        .lines_i(lines_i[14*l+:14]),
        .high_i(high_i[10*l+:10]),
        .mantissa_i(late_active_q[8:0]),
        .distance_i(distance),
        .nonzero_i(nonzero_q[l]),
        .magnitude_o(magnitude)
    );
    assign negative[l] = sign_i[l] ^ late_active_q[9];
    // The negated magnitude is this and one more, less 2^Window: see `sum`.
    assign terms[SumBits*l+:SumBits] = {{(LaneBits + 1) {1'b0}}, magnitude ^ {Window{negative[l]}}};
  end

  // ---- first levels of the sum, in front of the registers: each halves the words ----
  logic [SumBits*Words-1:0] words, words_q;
  if (Levels == 0) begin : gen_straight
    assign words = terms;
  end else begin : gen_tree
    for (genvar v = 0; v < Levels; v++) begin : gen_level
      logic [SumBits*(Lanes>>v)-1:0] given;
      logic [SumBits*(Lanes>>(v+1))-1:0] left;
      if (v == 0) begin : gen_first
        assign given = terms;
      end else begin : gen_next
        assign given = gen_level[v-1].left;
      end
      for (genvar g = 0; g < Lanes >> (v + 2); g++) begin : gen_group
        assign left[2*SumBits*g+:2*SumBits] = four_to_two(given[4*SumBits*g+:4*SumBits]);
      end
    end
    assign words = gen_level[Levels-1].left;
  end

  logic [LaneBits:0] negatives, negatives_q;
  always_comb begin
    negatives = '0;
    for (int l = 0; l < Lanes; l++) negatives = negatives + {{LaneBits{1'b0}}, negative[l]};
  end

  // The words have widths that grow with the sum, and come before the rest: yosys then collects one
  // sum (rtl/README.md).
  logic [SumBits-1:0] sum, sum_q;
  always_comb begin
    sum = '0;
    for (int w = 0; w < Words; w++) sum = sum + words_q[SumBits*w+:SumBits];
    sum = sum + {~negatives_q, {(Window - LaneBits - 1) {1'b0}}, negatives_q};
    sum = sum + {{LaneBits{1'b0}}, 1'b1, {Window{1'b0}}};
  end

  // ---- rounding, accumulator ----
  logic [6:0] top1_q, top2_q;
  logic nan1_q, nan2_q;
  logic [15:0] chunk_q, acc_q, bank_q;
  logic [15:0] kept, result;
  assign kept = first_i ? 16'd0 : fold_i ? bank_q : acc_q;
  assign result = fp16_add(fold_i ? acc_q : chunk_q, kept);
  always_ff @(posedge clk_i) begin
    words_q <= words;
    negatives_q <= negatives;
    top1_q <= top_q;
    nan1_q <= nan_q;
    sum_q <= sum;
    top2_q <= top1_q;
    nan2_q <= nan1_q;
    chunk_q <= dot_round(sum_q, top2_q, nan2_q);
    if (accumulate_i & ~fold_i) acc_q <= result;
    if (accumulate_i & fold_i) bank_q <= result;
    if (accumulate_i & last_i) c_o <= result;
  end
endmodule
