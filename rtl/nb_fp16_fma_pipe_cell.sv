// One cell of an FP16 array (DLFloat16): r = a * b + c with stationary, double-buffered b, rounded
// once: the bits of fp16_fma in nb_fp16_fma.svh, which is written for simulation speed, this for
// little area. No simulator uses it: it is what the 4-bit array's area is compared with.
//
//   Stages  1..3: clocks from a and c to r_o. 2 cuts behind the sum, 3 also behind the product.
//
// Back-pressure: none. Throughput: one result a clock. b_i goes to the shadow at the edge that sees
// b_load_i, the shadow to the operand at the edge that sees swap_i; the product of the following
// clock uses it. a comes from nb_fp16_fma_pipe_row, one for all cells of a row.
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
module nb_fp16_fma_pipe_cell #(
    parameter int Stages = 1
) (
    input  logic        clk_i,
    input  logic        b_load_i,
    input  logic [15:0] b_i,
    input  logic        swap_i,
    input  logic        a_sign_i,
    input  logic        a_zero_i,
    input  logic        a_nan_i,
    input  logic [ 6:0] a_exp_i,   // signed: exponent field - 17
    input  logic [ 9:0] a_sig_i,
    input  logic [11:0] a_three_n_i,
    input  logic [15:0] c_i,
    output logic [15:0] r_o
);
  // ---- stationary operand ----
  // The shadow holds b inverted: an enable is then an OAI21 and a NAND without inverters.
  logic [15:0] shadow_n_q, b_q;
  always_ff @(posedge clk_i) begin
    if (b_load_i) shadow_n_q <= ~b_i;
    if (swap_i) b_q <= ~shadow_n_q;
  end

  // ---- product ----
  logic [19:0] product_d, product;  // value product * 2^(exponent fields - 80)
  nb_fp16_fma_pipe_product u_product (
      .a_sig_i(a_sig_i),
      .a_three_n_i(a_three_n_i),
      .b_i(b_q[8:0]),
      .product_o(product_d)
  );

  // ---- exponents: how far right of bit 31 the addend's leading one belongs ----
  logic [7:0] product_exp, distance;  // signed
  logic c_zero;
  logic left_d, left_1;    // farther left, or the product is zero
  logic gone_d, gone;      // below bit 0
  logic drops_d, drops;    // gone, and not zero
  logic minus_d, minus;    // signs differ
  logic sign_d, product_sign;
  logic nan_d, any_nan_1;
  logic [4:0] shift_d;
  logic [4:2] shift;
  logic [6:0] base_d, base_1;  // exponent field of bit 0 of the sum, + 32
  logic [9:0] c_sig_d;
  assign c_zero = ~|c_i[14:0];
  assign product_exp = {a_exp_i[6], a_exp_i} + {2'd0, b_q[14:9]};
  assign distance = product_exp + {2'b11, ~c_i[14:9]};
  assign left_d = distance[7] | a_zero_i | ~|b_q[14:0];
  assign gone_d = ~left_d & (distance[6] | distance[5]);
  assign drops_d = gone_d & ~c_zero;
  assign shift_d = distance[4:0] & {5{~left_d}};
  assign base_d = left_d ? {1'b0, c_i[14:9]} : product_exp[6:0];
  assign sign_d = a_sign_i ^ b_q[15];
  assign minus_d = sign_d ^ c_i[15];
  assign nan_d = a_nan_i | (&b_q[14:0]) | (&c_i[14:0]);
  assign c_sig_d = {~c_zero, c_i[8:0]} ^ {10{minus_d}};

  // Vacant bits get the addend's sign. The short shifts still fit in the product's time.
  logic [10:0] c1_d;
  logic [12:0] c2_d, c2;
  assign c1_d = shift_d[0] ? {minus_d, c_sig_d} : {c_sig_d, minus_d};
  assign c2_d = shift_d[1] ? {{2{minus_d}}, c1_d} : {c1_d, {2{minus_d}}};

  nb_fp16_fma_pipe_cut #(
      .Registered(Stages >= 3),
      .Width(49)
  ) u_product_cut (
      .clk_i(clk_i),
      .d_i({product_d, c2_d, shift_d[4:2], base_d, left_d, gone_d, drops_d, minus_d, sign_d, nan_d}),
      .q_o({product, c2, shift, base_1, left_1, gone, drops, minus, product_sign, any_nan_1})
  );

  // ---- alignment, bit 31 is where the leading one of a large addend stands ----
  logic [16:0] c4;
  logic [24:0] c8;
  logic [31:0] aligned;
  logic exact;  // if minus: nothing was dropped
  assign c4 = shift[2] ? {{4{minus}}, c2} : {c2, {4{minus}}};
  assign c8 = shift[3] ? {{8{minus}}, c4} : {c4, {8{minus}}};
  assign aligned = gone ? {32{minus}} : shift[4] ? {{16{minus}}, c8[24:9]} : {c8, {7{minus}}};
  assign exact = (~shift[4] | (&c8[8:0])) & ~drops;

  // ---- sum ----
  logic [32:0] sum;
  logic negative, one_more_d, sign_d2;
  logic [31:0] magnitude;
  logic one_more;  // magnitude + 1 is meant
  logic sign, any_nan_2, left_2;
  logic [6:0] base_2;
  assign sum = {13'd0, product} + {1'b0, aligned};
  assign negative = minus & ~sum[32];
  assign one_more_d = minus & sum[32] & exact;
  assign sign_d2 = product_sign ^ negative;

  nb_fp16_fma_pipe_cut #(
      .Registered(Stages >= 2),
      .Width(43)
  ) u_sum_cut (
      .clk_i(clk_i),
      .d_i({sum[31:0] ^ {32{negative}}, one_more_d, base_1, left_1, sign_d2, any_nan_1}),
      .q_o({magnitude, one_more, base_2, left_2, sign, any_nan_2})
  );

  // ---- normalisation by halves. Bits that can no longer reach the result leave at every step; of
  // them only counts whether all are ones, so that the missing one would carry out of them. ----
  logic z16, z8, z4, z2, z1, ones16, ones8, ones4, ones2, ones1;
  logic [31:6] n16;
  logic [31:14] n8;
  logic [31:18] n4;
  logic [31:20] n2;
  logic [31:21] n1;
  assign z16 = ~|magnitude[31:16];
  assign n16 = z16 ? {magnitude[15:0], {10{one_more}}} : magnitude[31:6];
  assign ones16 = one_more & (z16 | (&magnitude[5:0]));
  assign z8 = ~|n16[31:24];
  assign n8 = z8 ? n16[23:6] : n16[31:14];
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
  assign high = any_nan_2 | exponent[7] | (exponent[6] & exponent[5]);
  assign low = ~(exponent[7] | exponent[6] | exponent[5]) | ~(leading | carry);
  assign code = ({exponent[6], exponent[4:0], mantissa} & {15{~low}}) | {15{high}};

  always_ff @(posedge clk_i) r_o <= {sign & (|code) & ~(&code), code};
endmodule
