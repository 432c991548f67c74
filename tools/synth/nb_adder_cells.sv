// The library's adder cells for the structural column: behavioural here for simulation; synthesis
// replaces these modules by FAX1 and HAX1 (adder_cells_map.v), which abc never infers by itself.
// Combinational.
module nb_full_adder (
    input  logic a_i,
    input  logic b_i,
    input  logic c_i,
    output logic sum_o,
    output logic carry_o
);
  assign sum_o = a_i ^ b_i ^ c_i;
  assign carry_o = (a_i & b_i) | (c_i & (a_i | b_i));
endmodule

module nb_half_adder (
    input  logic a_i,
    input  logic b_i,
    output logic sum_o,
    output logic carry_o
);
  assign sum_o = a_i ^ b_i;
  assign carry_o = a_i & b_i;
endmodule
