// What the cells of nb_fp8_fma_pipe_cell in one row of the array share: the broadcast operand decoded
// and, as in nb_fp16_fma_pipe_row, three times its significand. Combinational; belongs in front of the
// register that broadcasts the row.
module nb_fp8_fma_pipe_row (
    input  logic       a_e5m2_i,  // a_i is 1-5-2, otherwise 1-4-3
    input  logic [7:0] a_i,
    output logic       a_sign_o,
    output logic       a_zero_o,
    output logic       a_nan_o,
    output logic [5:0] a_exp_o,     // nb_fp8_fma_pipe_decode's + 13: the bias of the cell's aligner
    output logic [3:0] a_sig_o,
    output logic [5:0] a_three_n_o  // ~(3 * a_sig_o): what the cell's gates want
);
  logic [5:0] exponent;
  logic [2:0] fraction;
  nb_fp8_fma_pipe_decode u_decode (
      .e5m2_i(a_e5m2_i),
      .code_i(a_i),
      .sign_o(a_sign_o),
      .zero_o(a_zero_o),
      .nan_o(a_nan_o),
      .exp_o(exponent),
      .fraction_o(fraction)
  );
  assign a_exp_o = exponent + 6'd13;
  assign a_sig_o = {1'b1, fraction};  // of a zero too: the cell then passes its addend on
  assign a_three_n_o = ~({2'b00, a_sig_o} + {1'b0, a_sig_o, 1'b0});
endmodule
