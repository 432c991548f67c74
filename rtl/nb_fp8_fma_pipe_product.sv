// Product of two significands of four bits, one of which comes with its triple, as in
// nb_fp16_fma_pipe_product: a multiple of it for every two bits of the other. Combinational.
module nb_fp8_fma_pipe_product (
    input  logic [3:0] a_sig_i,
    input  logic [5:0] a_three_n_i,  // ~(3 * a_sig_i)
    input  logic [2:0] b_i,          // without the hidden bit, which is 1
    output logic [7:0] product_o
);
  logic [5:0] row0, row1, sum1;
  assign row0 = ({6{b_i[1:0] == 2'd1}} & {2'd0, a_sig_i}) |
      ({6{b_i[1:0] == 2'd2}} & {1'b0, a_sig_i, 1'b0}) | ~({6{~(&b_i[1:0])}} | a_three_n_i);
  assign row1 = b_i[2] ? ~a_three_n_i : {1'b0, a_sig_i, 1'b0};
  assign sum1 = row1 + {2'd0, row0[5:2]};  // at most 45 + 11
  assign product_o = {sum1, row0[1:0]};
endmodule
