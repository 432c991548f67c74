// One cell of an HFP8 array: r = a * b + c with a stationary, double-buffered fp8 b, a broadcast fp8 a
// and an fp16 (DLFloat16) c, rounded once: the bits of fp16_fma in nb_fp16_fma.svh on a and b converted
// to fp16. No simulator uses it: it is what the 4-bit array's area is compared with.
//
//   Stages  1..3: clocks from a and c to r_o, see nb_fp16_fma_pipe_add.
//
// Back-pressure: none. Throughput: one result a clock. b_i goes to the shadow at the edge that sees
// b_load_i, the shadow to the operand at the edge that sees swap_i; the product of the following
// clock uses it. a comes from nb_fp8_fma_pipe_row, one for all cells of a row, b_i from
// nb_fp8_fma_pipe_column, one for all cells of a column; they alone know the formats.
//
// The adder is the FP16 cell's, its product eight bits long. The sum ends twelve bits below such a
// product's upper bit, seven above the FP16 cell's end: of what lies lower the floor is enough.
module nb_fp8_fma_pipe_cell #(
    parameter int Stages = 1
) (
    input  logic        clk_i,
    input  logic        b_load_i,
    input  logic [ 9:0] b_i,
    input  logic        swap_i,
    input  logic        a_sign_i,
    input  logic        a_zero_i,
    input  logic        a_nan_i,
    input  logic [ 5:0] a_exp_i,
    input  logic [ 3:0] a_sig_i,
    input  logic [ 5:0] a_three_n_i,
    input  logic [15:0] c_i,
    output logic [15:0] r_o
);
  // The shadow holds b inverted: an enable is then an OAI21 and a NAND without inverters.
  logic [9:0] shadow_n_q, b_q;
  always_ff @(posedge clk_i) begin
    if (b_load_i) shadow_n_q <= ~b_i;
    if (swap_i) b_q <= ~shadow_n_q;
  end

  logic [7:0] product;
  nb_fp8_fma_pipe_product u_product (
      .a_sig_i(a_sig_i),
      .a_three_n_i(a_three_n_i),
      .b_i(b_q[2:0]),
      .product_o(product)
  );

  nb_fp16_fma_pipe_add #(
      .Stages(Stages),
      .Product(8),
      .Lowest(7)
  ) u_add (
      .clk_i(clk_i),
      .product_i(product),
      .product_exp_i({2'd0, a_exp_i} + {2'd0, b_q[8:3]}),
      .product_zero_i(a_zero_i | (b_q[8] & b_q[7])),
      .product_sign_i(a_sign_i ^ b_q[9]),
      .nan_i(a_nan_i | (b_q[8] & b_q[6])),
      .c_i(c_i),
      .r_o(r_o)
  );
endmodule
