// The adder cells of nb_adder_cells.sv as osu018 cells: read in its place for synthesis.
module nb_full_adder (input a_i, input b_i, input c_i, output sum_o, output carry_o);
  FAX1 u_cell (.A(a_i), .B(b_i), .C(c_i), .YS(sum_o), .YC(carry_o));
endmodule
module nb_half_adder (input a_i, input b_i, output sum_o, output carry_o);
  HAX1 u_cell (.A(a_i), .B(b_i), .YS(sum_o), .YC(carry_o));
endmodule
