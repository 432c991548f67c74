// bad_o is 1 for operands for which the cell, its registers made wires, differs from fp16_fma. The
// product of the significands is a free input of both, of any value that products have: yosys and
// abc prove the rest for all of them, which no solver does with two multipliers in it.
module fp16_fma_pipe_proof (
    input  logic [15:0] a_i,
    input  logic [15:0] b_i,
    input  logic [15:0] c_i,
    input  logic [19:0] product_i,
    output logic        bad_o
);
  logic [15:0] expected, got;
  logic a_sign, a_zero, a_nan;
  logic [6:0] a_exp;
  logic [9:0] a_sig;
  logic [11:0] a_three_n;

  free_product_fma u_expected (.a_i, .b_i, .c_i, .product_i, .r_o(expected));
  nb_fp16_fma_pipe_row u_row (
      .a_i, .a_sign_o(a_sign), .a_zero_o(a_zero), .a_nan_o(a_nan), .a_exp_o(a_exp),
      .a_sig_o(a_sig), .a_three_n_o(a_three_n)
  );
  // The significand's ports, which only the product reads, carry the free product.
  nb_fp16_fma_pipe_cell #(.Stages(3)) u_cell (
      .clk_i(1'b0), .b_load_i(1'b1), .b_i(b_i), .swap_i(1'b1), .a_sign_i(a_sign),
      .a_zero_i(a_zero), .a_nan_i(a_nan), .a_exp_i(a_exp), .a_sig_i(product_i[19:10]),
      .a_three_n_i({2'd0, product_i[9:0]}), .c_i(c_i), .r_o(got)
  );
  assign bad_o = (expected != got) & (product_i >= 20'd262144) & (product_i <= 20'd1046529);
endmodule

module nb_fp16_fma_pipe_product (
    input  logic [ 9:0] a_sig_i,
    input  logic [11:0] a_three_n_i,
    input  logic [ 8:0] b_i,
    output logic [19:0] product_o
);
  assign product_o = {a_sig_i, a_three_n_i[9:0]};
endmodule
