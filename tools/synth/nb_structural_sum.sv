// Sums built cell by cell for the structural column. Combinational.

// a + b + carry: a ripple of full adders. Width 1..32.
module nb_ripple_adder #(
    parameter int Width = 4
) (
    input  logic [Width-1:0] a_i,
    input  logic [Width-1:0] b_i,
    input  logic             carry_i,
    output logic [  Width:0] sum_o
);
  logic [Width:0] carry;
  assign carry[0] = carry_i;
  assign sum_o[Width] = carry[Width];
  for (genvar i = 0; i < Width; i++) begin : gen_bit
    nb_full_adder u_adder (
        .a_i(a_i[i]), .b_i(b_i[i]), .c_i(carry[i]), .sum_o(sum_o[i]), .carry_o(carry[i+1])
    );
  end
endmodule

// Number of ones among 2^Levels - 1 bits: two halves and the odd bit as carry-in, so that nothing
// but full adders is needed (2^Levels - 1 - Levels of them, the least possible). Levels 1..6.
module nb_ones #(
    parameter int Levels = 6
) (
    input  logic [2**Levels-2:0] bits_i,
    output logic [   Levels-1:0] ones_o
);
  if (Levels == 1) begin : gen_leaf
    assign ones_o = bits_i;
  end else begin : gen_halves
    localparam int Half = 2 ** (Levels - 1) - 1;
    logic [Levels-2:0] low, high;
    nb_ones #(.Levels(Levels - 1)) u_low (.bits_i(bits_i[Half-1:0]), .ones_o(low));
    nb_ones #(.Levels(Levels - 1)) u_high (.bits_i(bits_i[2*Half-1:Half]), .ones_o(high));
    nb_ripple_adder #(.Width(Levels - 1)) u_add (
        .a_i(low), .b_i(high), .carry_i(bits_i[2*Half]), .sum_o(ones_o)
    );
  end
endmodule

// Sum of 64 nibbles, width-exact: the ones of 63 lanes at each of the four weights, the nibble of
// lane 63 in the carry-ins. 246 full adders take 256 bits to ten; six half adders beside them.
module nb_structural_plane (
    input  logic [63:0] weight1_i,  // bit 0 of every lane's nibble
    input  logic [63:0] weight2_i,
    input  logic [63:0] weight4_i,
    input  logic [63:0] weight8_i,
    output logic [ 9:0] sum_o
);
  logic [5:0] ones1, ones2, ones4, ones8;
  nb_ones u_ones1 (.bits_i(weight1_i[62:0]), .ones_o(ones1));
  nb_ones u_ones2 (.bits_i(weight2_i[62:0]), .ones_o(ones2));
  nb_ones u_ones4 (.bits_i(weight4_i[62:0]), .ones_o(ones4));
  nb_ones u_ones8 (.bits_i(weight8_i[62:0]), .ones_o(ones8));

  // The lowest place of each weight, and what it carries.
  logic [5:0] from2, from4, from8;  // sums of the places 2..64, 4..128, 8..256
  logic carry2, carry4, carry8;
  nb_half_adder u_place1 (
      .a_i(ones1[0]), .b_i(weight1_i[63]), .sum_o(sum_o[0]), .carry_o(carry2)
  );
  nb_ripple_adder #(.Width(5)) u_add2 (
      .a_i(ones1[5:1]), .b_i(ones2[4:0]), .carry_i(weight2_i[63]), .sum_o(from2)
  );
  nb_half_adder u_place2 (.a_i(from2[0]), .b_i(carry2), .sum_o(sum_o[1]), .carry_o(carry4));
  nb_ripple_adder #(.Width(5)) u_add4 (
      .a_i(from2[5:1]), .b_i(ones4[4:0]), .carry_i(weight4_i[63]), .sum_o(from4)
  );
  nb_half_adder u_place4 (.a_i(from4[0]), .b_i(carry4), .sum_o(sum_o[2]), .carry_o(carry8));
  nb_ripple_adder #(.Width(5)) u_add8 (
      .a_i(from4[5:1]), .b_i(ones8[4:0]), .carry_i(weight8_i[63]), .sum_o(from8)
  );

  // Carries through the places 8..32, then the counts' highest bits.
  logic carry16, carry32, carry64;
  nb_half_adder u_place8 (.a_i(from8[0]), .b_i(carry8), .sum_o(sum_o[3]), .carry_o(carry16));
  nb_half_adder u_place16 (.a_i(from8[1]), .b_i(carry16), .sum_o(sum_o[4]), .carry_o(carry32));
  nb_half_adder u_place32 (.a_i(from8[2]), .b_i(carry32), .sum_o(sum_o[5]), .carry_o(carry64));
  nb_ripple_adder #(.Width(3)) u_add64 (
      .a_i(from8[5:3]), .b_i({ones8[5], ones4[5], ones2[5]}), .carry_i(carry64), .sum_o(sum_o[9:6])
  );
endmodule
