// One cell with its operands as plain codes: nb_fp8_fma_pipe_row, nb_fp8_fma_pipe_column and
// nb_fp8_fma_pipe_cell. For tests, and for the area of a single fused multiply-add; an array has one
// decoder for all cells of a row or a column.
module nb_fp8_fma_pipe #(
    parameter int Stages = 1
) (
    input  logic        clk_i,
    input  logic        b_load_i,
    input  logic        b_e5m2_i,  // b_i is 1-5-2, otherwise 1-4-3
    input  logic [ 7:0] b_i,
    input  logic        swap_i,
    input  logic        a_e5m2_i,
    input  logic [ 7:0] a_i,
    input  logic [15:0] c_i,
    output logic [15:0] r_o
);
  logic a_sign, a_zero, a_nan;
  logic [5:0] a_exp, a_three_n;
  logic [3:0] a_sig;
  logic [9:0] b;

  nb_fp8_fma_pipe_row u_row (
      .a_e5m2_i(a_e5m2_i),
      .a_i(a_i),
      .a_sign_o(a_sign),
      .a_zero_o(a_zero),
      .a_nan_o(a_nan),
      .a_exp_o(a_exp),
      .a_sig_o(a_sig),
      .a_three_n_o(a_three_n)
  );
  nb_fp8_fma_pipe_column u_column (
      .b_e5m2_i(b_e5m2_i),
      .b_i(b_i),
      .b_o(b)
  );
  nb_fp8_fma_pipe_cell #(
      .Stages(Stages)
  ) u_cell (
      .clk_i(clk_i),
      .b_load_i(b_load_i),
      .b_i(b),
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
