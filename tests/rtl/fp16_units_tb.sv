// Plays test vectors through the single units. Each line of +vectors=FILE is, in hexadecimal,
// `unit x y z r`: unit 0 add, 1 fma, 2 round32, 3 fp4 (y = phase), 4 pact (y = scale), 5 s4,
// 6 sawb. Prints "MISMATCHES n OF m".
`timescale 1ns / 1ns
module fp16_units_tb;
  reg clk = 0;
  reg [31:0] x = 0;
  reg [15:0] y = 0;
  reg [15:0] z = 0;
  wire [15:0] add, fma, single;
  wire [3:0] fp4, pact, s4, sawb;

  nb_fp16_adder u_add (.clk_i(clk), .a_i(x[15:0]), .b_i(y), .r_o(add));
  nb_fp16_fma u_fma (.clk_i(clk), .a_i(x[15:0]), .b_i(y), .c_i(z), .r_o(fma));
  nb_round32 u_round32 (.clk_i(clk), .x_i(x), .r_o(single));
  nb_quant_fp4 u_fp4 (
      .clk_i(clk), .x_i(x[15:0]), .phase_i(y[0]), .gradscale_i(8'd0), .code_o(fp4)
  );
  nb_quant_pact u_pact (.clk_i(clk), .x_i(x[15:0]), .scale_i(y), .code_o(pact));
  nb_quant_s4 u_s4 (.clk_i(clk), .x_i(x[15:0]), .scale_i(y), .code_o(s4));
  nb_quant_sawb u_sawb (.clk_i(clk), .w_i(x), .scale_i(y), .code_o(sawb));

  reg [2047:0] name;
  integer file, unit, expected, cases, mismatches;
  reg [15:0] got;

  initial begin
    cases = 0;
    mismatches = 0;
    if (!$value$plusargs("vectors=%s", name)) $finish;
    file = $fopen(name, "r");
    while ($fscanf(file, "%h %h %h %h %h\n", unit, x, y, z, expected) == 5) begin
      #1 clk = 1;
      #1 clk = 0;
      case (unit)
        0: got = add;
        1: got = fma;
        2: got = single;
        3: got = {12'd0, fp4};
        4: got = {12'd0, pact};
        5: got = {12'd0, s4};
        default: got = {12'd0, sawb};
      endcase
      cases = cases + 1;
      if (got !== expected[15:0]) begin
        mismatches = mismatches + 1;
        if (mismatches < 10)
          $display("unit %0d, %h %h %h: expected %h, got %h", unit, x, y, z, expected[15:0], got);
      end
    end
    $display("MISMATCHES %0d OF %0d", mismatches, cases);
    $finish;
  end
endmodule
