// All products of two significands. Prints "MISMATCHES n OF m".
`timescale 1ns / 1ns
module fp16_fma_pipe_products_tb;
  reg [9:0] a, b;
  wire sign, zero, nan;
  wire [6:0] exponent;
  wire [9:0] sig;
  wire [11:0] three_n;
  wire [19:0] product;
  integer i, mismatches;

  nb_fp16_fma_pipe_row u_row (
      .a_i({7'd31, a[8:0]}), .a_sign_o(sign), .a_zero_o(zero), .a_nan_o(nan), .a_exp_o(exponent),
      .a_sig_o(sig), .a_three_n_o(three_n)
  );
  nb_fp16_fma_pipe_product u_product (
      .a_sig_i(sig), .a_three_n_i(three_n), .b_i(b[8:0]), .product_o(product)
  );

  initial begin
    mismatches = 0;
    for (i = 0; i < 262144; i = i + 1) begin
      a = {1'b1, i[8:0]};
      b = {1'b1, i[17:9]};
      #1 if (product !== {10'd0, a} * {10'd0, b}) mismatches = mismatches + 1;
    end
    $display("MISMATCHES %0d OF %0d", mismatches, i);
  end
endmodule
