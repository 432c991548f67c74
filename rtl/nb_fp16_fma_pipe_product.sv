// Product of two significands of ten bits, one of which comes with its triple: a multiple of it for
// every two bits of the other, and half as many rows to add as with single bits. Combinational; a
// module of its own so that the test can try all pairs, and prove the rest of the cell without it.
module nb_fp16_fma_pipe_product (
    input  logic [ 9:0] a_sig_i,
    input  logic [11:0] a_three_n_i,  // ~(3 * a_sig_i)
    input  logic [ 8:0] b_i,          // without the hidden bit, which is 1
    output logic [19:0] product_o
);
  // Three times a comes inverted: a bit is then an AOI22 and an OAI21 without inverters.
  function automatic [11:0] multiple(input [1:0] digit, input [9:0] one, input [11:0] three_n);
    multiple = ({12{digit == 2'd1}} & {2'd0, one}) | ({12{digit == 2'd2}} & {1'b0, one, 1'b0}) |
        ~({12{~(&digit)}} | three_n);
  endfunction

  logic [11:0] row0, row1, row2, row3, row4;
  assign row0 = multiple(b_i[1:0], a_sig_i, a_three_n_i);
  assign row1 = multiple(b_i[3:2], a_sig_i, a_three_n_i);
  assign row2 = multiple(b_i[5:4], a_sig_i, a_three_n_i);
  assign row3 = multiple(b_i[7:6], a_sig_i, a_three_n_i);
  assign row4 = b_i[8] ? ~a_three_n_i : {1'b0, a_sig_i, 1'b0};
  // A row is at most 3069 and what is carried on to it at most 1023: twelve bits hold every sum.
  logic [11:0] sum1, sum2, sum3, sum4;
  assign sum1 = row1 + {2'd0, row0[11:2]};
  assign sum2 = row2 + {2'd0, sum1[11:2]};
  assign sum3 = row3 + {2'd0, sum2[11:2]};
  assign sum4 = row4 + {2'd0, sum3[11:2]};
  assign product_o = {sum4, sum3[1:0], sum2[1:0], sum1[1:0], row0[1:0]};
endmodule
