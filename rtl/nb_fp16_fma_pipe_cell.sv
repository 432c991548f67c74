// One cell of an FP16 array (DLFloat16): r = a * b + c with stationary, double-buffered b, rounded
// once: the bits of fp16_fma in nb_fp16_fma.svh, which is written for simulation speed, this for
// little area. No simulator uses it: it is what the 4-bit array's area is compared with.
//
//   Stages  1..3: clocks from a and c to r_o, see nb_fp16_fma_pipe_add.
//
// Back-pressure: none. Throughput: one result a clock. b_i goes to the shadow at the edge that sees
// b_load_i, the shadow to the operand at the edge that sees swap_i; the product of the following
// clock uses it. a comes from nb_fp16_fma_pipe_row, one for all cells of a row.
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
  // The shadow holds b inverted: an enable is then an OAI21 and a NAND without inverters.
  logic [15:0] shadow_n_q, b_q;
  always_ff @(posedge clk_i) begin
    if (b_load_i) shadow_n_q <= ~b_i;
    if (swap_i) b_q <= ~shadow_n_q;
  end

  logic [19:0] product;  // value product * 2^(exponent fields - 80)
  nb_fp16_fma_pipe_product u_product (
      .a_sig_i(a_sig_i),
      .a_three_n_i(a_three_n_i),
      .b_i(b_q[8:0]),
      .product_o(product)
  );

  nb_fp16_fma_pipe_add #(
      .Stages(Stages)
  ) u_add (
      .clk_i(clk_i),
      .product_i(product),
      .product_exp_i({a_exp_i[6], a_exp_i} + {2'd0, b_q[14:9]}),
      .product_zero_i(a_zero_i | ~|b_q[14:0]),
      .product_sign_i(a_sign_i ^ b_q[15]),
      .nan_i(a_nan_i | (&b_q[14:0])),
      .c_i(c_i),
      .r_o(r_o)
  );
endmodule
