// What the cells of nb_fp16_fma_pipe_cell in one row of the array share: a broadcast operand, taken
// apart once instead of in every column. Three times the significand is the dear part: with it a cell
// multiplies by two bits of b at a time with three AND-OR gates a bit, and adds half as many rows.
//
// Combinational; belongs in front of the register that broadcasts the row.
module nb_fp16_fma_pipe_row (
    input  logic [15:0] a_i,
    output logic        a_sign_o,
    output logic        a_zero_o,
    output logic        a_nan_o,
    output logic [ 6:0] a_exp_o,   // exponent field - 17, signed: the bias of the cell's aligner
    output logic [ 9:0] a_sig_o,
    output logic [11:0] a_three_n_o  // ~(3 * a_sig_o): what the cell's gates want
);
  assign a_sign_o  = a_i[15];
  assign a_zero_o  = ~|a_i[14:0];
  assign a_nan_o   = &a_i[14:0];
  assign a_exp_o   = {1'b0, a_i[14:9]} - 7'd17;
  assign a_sig_o   = {1'b1, a_i[8:0]};  // of a zero too: the cell then passes its addend on
  assign a_three_n_o = ~({2'b00, a_sig_o} + {1'b0, a_sig_o, 1'b0});
endmodule
