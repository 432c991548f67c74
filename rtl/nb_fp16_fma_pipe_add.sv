// r = product + c, rounded once to DLFloat16: what is behind the multiplier in the cells
// nb_fp16_fma_pipe_cell and nb_fp8_fma_pipe_cell.
//
//   Stages  1..3: clocks from the inputs to r_o. 2 cuts behind the sum, 3 also behind the product.
//   Product bits of the product of two significands, which has its leading one in its upper two bits.
//   Lowest  the lowest bit of the sum, whose product ends in bit 19: 20 - Product, or 7 if that is
//           less. Below 7 there is nothing that rounding asks for unless the product puts it there.
//
// Back-pressure: none. Throughput: one result a clock.
//
// Why it is small (rtl/nb_fp16_fma.svh swaps the operands instead, shifts 24 bits, negates twice):
// - The product never moves. The addend, ten bits, is shifted right from far above it (leading one at
//   bit 31, where the product no longer changes the rounded result) to far below.
// - A difference is product + ~addend, one less than the exact one. Negative, its complement is the
//   exact magnitude. Otherwise one is missing, unless the shift dropped something: then the floor is
//   wanted, and it is that (ties away from zero only asks whether a magnitude reaches the midpoint).
//   The missing one is added as a string of ones behind the sum, which rounding finds: no incrementer.
// - A large addend, or one that meets a zero product, keeps its exponent and bit 31; whatever the
//   product field then holds is too small to matter. So no operand is masked for a zero.
// - NaN-infinity travels as an exponent that overflows whatever the sum is: no flag to be registered.
module nb_fp16_fma_pipe_add #(
    parameter int Stages  = 1,
    parameter int Product = 20,
    parameter int Lowest  = 0
) (
    input  logic               clk_i,
    input  logic [Product-1:0] product_i,
    input  logic [        7:0] product_exp_i,  // signed: value product_i * 2^(this - Product - 43)
    input  logic               product_zero_i,  // or product_exp_i is negative
    input  logic               product_sign_i,
    input  logic               nan_i,
    input  logic [       15:0] c_i,
    output logic [       15:0] r_o
);
  // A shift of 28 leaves nothing of the addend above bit 7.
  localparam bit Vanishes = Lowest >= 7;

  // ---- exponents: how far right of bit 31 the addend's leading one belongs ----
  logic [7:0] distance;  // signed
  logic c_zero, far, any_nan;
  logic left_d, left_1;    // farther left, or the product is zero
  logic gone_d, gone;      // below bit 0
  logic drops_d, drops;    // gone, and not zero
  logic minus_d, minus;    // signs differ
  logic product_sign;
  logic [4:0] shift_d;
  logic [4:2] shift;
  logic [6:0] base_d, base_1;  // exponent field of bit 0 of the sum, + 32
  logic [9:0] c_sig_d;
  assign c_zero = ~|c_i[14:0];
  assign distance = product_exp_i + {2'b11, ~c_i[14:9]};
  assign left_d = distance[7] | product_zero_i;
  assign far = distance[6] | distance[5];
  assign gone_d = ~left_d & far & ~Vanishes;
  assign drops_d = gone_d & ~c_zero;
  assign shift_d = (distance[4:0] | {{3{far & Vanishes}}, 2'd0}) & {5{~left_d}};
  assign any_nan = nan_i | (&c_i[14:0]);
  assign base_d = (left_d ? {1'b0, c_i[14:9]} : product_exp_i[6:0]) | {{2{any_nan}}, 5'd0};
  assign minus_d = product_sign_i ^ c_i[15];
  assign c_sig_d = {~c_zero, c_i[8:0]} ^ {10{minus_d}};

  // Vacant bits get the addend's sign. The short shifts still fit in the product's time.
  logic [10:0] c1_d;
  logic [12:0] c2_d, c2;
  assign c1_d = shift_d[0] ? {minus_d, c_sig_d} : {c_sig_d, minus_d};
  assign c2_d = shift_d[1] ? {{2{minus_d}}, c1_d} : {c1_d, {2{minus_d}}};

  logic [Product-1:0] product;
  nb_fp16_fma_pipe_cut #(
      .Registered(Stages >= 3),
      .Width(Product + 28)
  ) u_product_cut (
      .clk_i(clk_i),
      .d_i({product_i, c2_d, shift_d[4:2], base_d, left_d, gone_d, drops_d, minus_d, product_sign_i}),
      .q_o({product, c2, shift, base_1, left_1, gone, drops, minus, product_sign})
  );

  // ---- alignment, bit 31 is where the leading one of a large addend stands ----
  logic [16:0] c4;
  logic [24:0] c8;
  logic [31:Lowest] aligned;
  logic exact;  // if minus: nothing was dropped
  assign c4 = shift[2] ? {{4{minus}}, c2} : {c2, {4{minus}}};
  assign c8 = shift[3] ? {{8{minus}}, c4} : {c4, {8{minus}}};
  assign aligned = gone ? {32 - Lowest{minus}} :
      shift[4] ? {{16{minus}}, c8[24:9+Lowest]} : {c8, {7 - Lowest{minus}}};
  assign exact = (~shift[4] | (&c8[Lowest+8:0])) & ~drops;

  // ---- sum ----
  logic [32:Lowest] sum;
  logic negative, one_more_d, sign_d;
  logic [31:Lowest] rest;  // of the magnitude: below it, every bit is one_more
  logic one_more;  // magnitude + 1 is meant
  logic sign, left_2;
  logic [6:0] base_2;
  assign sum[32:20-Product] = {13'd0, product} + {1'b0, aligned[31:20-Product]};
  if (Product < 20) begin : gen_below_product
    assign sum[19-Product:Lowest] = aligned[19-Product:Lowest];
  end
  assign negative = minus & ~sum[32];
  assign one_more_d = minus & sum[32] & exact;
  assign sign_d = product_sign ^ negative;

  nb_fp16_fma_pipe_cut #(
      .Registered(Stages >= 2),
      .Width(42 - Lowest)
  ) u_sum_cut (
      .clk_i(clk_i),
      .d_i({sum[31:Lowest] ^ {32 - Lowest{negative}}, one_more_d, base_1, left_1, sign_d}),
      .q_o({rest, one_more, base_2, left_2, sign})
  );

  // ---- normalisation by halves. Bits that can no longer reach the result leave at every step; of
  // them only counts whether all are ones, so that the missing one would carry out of them. ----
  logic z16, z8, z4, z2, z1, ones16, ones8, ones4, ones2, ones1;
  logic [31:0] magnitude;
  logic [31:6] n16;
  logic [31:14] n8;
  logic [31:18] n4;
  logic [31:20] n2;
  logic [31:21] n1;
  if (Lowest == 0) begin : gen_whole
    assign magnitude = rest;
  end else begin : gen_ones_behind
    assign magnitude = {rest, {Lowest{one_more}}};
  end
  assign z16 = ~|magnitude[31:16];
  assign n16 = z16 ? {magnitude[15:0], {10{one_more}}} : magnitude[31:6];
  assign ones16 = one_more & (z16 | (&magnitude[5:0]));
  // With bits only from 7 on no exact sum is below bit 8: 24 places are never to be moved.
  assign z8 = Vanishes ? ~z16 & ~|magnitude[31:24] : ~|n16[31:24];
  assign n8 = z8 ? (Vanishes ? magnitude[23:6] : n16[23:6]) : n16[31:14];
  assign ones8 = ones16 & (z8 | (&n16[13:6]));
  assign z4 = ~|n8[31:28];
  assign n4 = z4 ? n8[27:14] : n8[31:18];
  assign ones4 = ones8 & (z4 | (&n8[17:14]));
  assign z2 = ~|n4[31:30];
  assign n2 = z2 ? n4[29:18] : n4[31:20];
  assign ones2 = ones4 & (z2 | (&n4[19:18]));
  assign z1 = ~n2[31];
  assign n1 = z1 ? n2[30:20] : n2[31:21];
  assign ones1 = ones2 & (z1 | n2[20]);

  logic up, leading;
  logic [4:0] place;  // of the leading one; 31 if left, where the sum may begin at 30 and rounds up
  logic [8:0] fraction;
  assign {leading, fraction} = n1[31:22];
  assign up = n1[21] | ones1;
  assign place = {~z16, ~z8, ~z4, ~z2, ~z1 | left_2};

  // ---- rounding ----
  logic carry, high, low;
  logic [8:0] mantissa;
  logic [7:0] exponent;  // + 32
  logic [14:0] code;
  assign {carry, mantissa} = {1'b0, fraction} + {9'd0, up};
  // A sum of 0 that means 1 has no leading one yet and gets it by rounding, in its place.
  assign exponent = {1'b0, base_2} + {3'd0, place} + {7'd0, (carry & leading) | left_2};
  assign high = exponent[7] | (exponent[6] & exponent[5]);
  assign low = ~(exponent[7] | exponent[6] | exponent[5]) | ~(leading | carry);
  assign code = ({exponent[6], exponent[4:0], mantissa} & {15{~low}}) | {15{high}};

  always_ff @(posedge clk_i) r_o <= {sign & (|code) & ~(&code), code};
endmodule
