// bad_o is 1 for operands for which the cell, its registers made wires, differs from fp16_fma. The
// operands are free as fp16 numbers of the 33 exponents of fp8 (that the decoders make these of the
// codes, fp8_fma_pipe_pairs_tb tries for all), and so is, as in fp16_fma_pipe_proof, the product of
// the significands.
module fp8_fma_pipe_proof (
    input  logic        a_sign_i,
    input  logic        a_zero_i,
    input  logic        a_nan_i,
    input  logic [ 5:0] a_exp_i,  // exponent field
    input  logic        b_sign_i,
    input  logic        b_zero_i,
    input  logic        b_nan_i,
    input  logic [ 5:0] b_exp_i,
    input  logic [15:0] c_i,
    input  logic [ 7:0] product_i,
    output logic        bad_o
);
  logic [15:0] expected, got;
  logic [5:0] b_exp;
  logic possible;

  free_product_fma u_expected (
      .a_i({a_sign_i, a_nan_i ? 15'h7fff : a_zero_i ? 15'd0 : {a_exp_i, 9'd0}}),
      .b_i({b_sign_i, b_nan_i ? 15'h7fff : b_zero_i ? 15'd0 : {b_exp_i, 9'd0}}),
      .c_i, .product_i({product_i, 12'd0}), .r_o(expected)
  );
  assign b_exp = b_zero_i ? 6'd48 : b_nan_i ? 6'd40 : b_exp_i - 6'd15;
  // The significand's ports, which only the product reads, carry the free product.
  nb_fp8_fma_pipe_cell #(.Stages(3)) u_cell (
      .clk_i(1'b0), .b_load_i(1'b1), .b_i({b_sign_i, b_exp, 3'd0}), .swap_i(1'b1),
      .a_sign_i(a_sign_i), .a_zero_i(a_zero_i), .a_nan_i(a_nan_i), .a_exp_i(a_exp_i - 6'd2),
      .a_sig_i(product_i[7:4]), .a_three_n_i({2'd0, product_i[3:0]}), .c_i(c_i), .r_o(got)
  );
  assign possible = (product_i >= 8'd64) & (product_i <= 8'd225) & ~(a_zero_i & a_nan_i) &
      ~(b_zero_i & b_nan_i) & (a_exp_i >= 6'd15) & (a_exp_i <= 6'd47) & (b_exp_i >= 6'd15) &
      (b_exp_i <= 6'd47);
  assign bad_o = (expected != got) & possible;
endmodule

module nb_fp8_fma_pipe_product (
    input  logic [3:0] a_sig_i,
    input  logic [5:0] a_three_n_i,
    input  logic [2:0] b_i,
    output logic [7:0] product_o
);
  assign product_o = {a_sig_i, a_three_n_i[3:0]};
endmodule
