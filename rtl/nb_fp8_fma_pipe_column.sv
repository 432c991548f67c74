// A stationary operand as the cells of nb_fp8_fma_pipe_cell hold it, decoded once for all cells of a
// column, whose loads come over one bus. Two bits more than the code, but no cell needs a decoder, nor
// bits for a product of subnormals. Combinational; belongs in front of the register that drives the bus.
module nb_fp8_fma_pipe_column (
    input  logic       b_e5m2_i,  // b_i is 1-5-2, otherwise 1-4-3
    input  logic [7:0] b_i,
    output logic [9:0] b_o  // sign, exponent of nb_fp8_fma_pipe_decode, fraction
);
  logic sign, zero, nan;
  logic [5:0] exponent;
  logic [2:0] fraction;
  nb_fp8_fma_pipe_decode u_decode (
      .e5m2_i(b_e5m2_i),
      .code_i(b_i),
      .sign_o(sign),
      .zero_o(zero),
      .nan_o(nan),
      .exp_o(exponent),
      .fraction_o(fraction)
  );
  // Exponents above 32 are free: 32 + 16 is a zero, 32 + 8 NaN-infinity, so two bits tell either.
  assign b_o = {sign, zero ? 6'd48 : nan ? 6'd40 : exponent, fraction};
endmodule
