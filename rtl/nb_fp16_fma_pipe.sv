// One cell with its operand a as a plain code: nb_fp16_fma_pipe_row and nb_fp16_fma_pipe_cell. For
// tests, and for the area of a single fused multiply-add; an array has one row decoder for all columns.
module nb_fp16_fma_pipe #(
    parameter int Stages = 1
) (
    input  logic        clk_i,
    input  logic        b_load_i,
    input  logic [15:0] b_i,
    input  logic        swap_i,
    input  logic [15:0] a_i,
    input  logic [15:0] c_i,
    output logic [15:0] r_o
);
  logic a_sign, a_zero, a_nan;
  logic [6:0] a_exp;
  logic [9:0] a_sig;
  logic [11:0] a_three_n;

  nb_fp16_fma_pipe_row u_row (
      .a_i(a_i),
      .a_sign_o(a_sign),
      .a_zero_o(a_zero),
      .a_nan_o(a_nan),
      .a_exp_o(a_exp),
      .a_sig_o(a_sig),
      .a_three_n_o(a_three_n)
  );
  nb_fp16_fma_pipe_cell #(
      .Stages(Stages)
  ) u_cell (
      .clk_i(clk_i),
      .b_load_i(b_load_i),
      .b_i(b_i),
      .swap_i(swap_i),
      .a_sign_i(a_sign),
      .a_zero_i(a_zero),
      .a_nan_i(a_nan),
      .a_exp_i(a_exp),
      .a_sig_i(a_sig),
      .a_three_n_i(a_three_n),
      .c_i(c_i),
      .r_o(r_o)
  );
endmodule
