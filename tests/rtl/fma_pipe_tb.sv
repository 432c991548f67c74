// Plays clocks through nb_fp16_fma_pipe or, with FP8 defined, nb_fp8_fma_pipe. Each line of
// +vectors=FILE is, in hexadecimal, `load b_e5m2 b swap a_e5m2 a c valid r`: the inputs of an edge
// (formats are zero of fp16 operands), and r_o behind it if valid. Prints "MISMATCHES n OF m".
`timescale 1ns / 1ns
`ifdef FP8
`define MODULE nb_fp8_fma_pipe
`else
`define MODULE nb_fp16_fma_pipe
`endif
module fma_pipe_tb;
  parameter Stages = 1;

  reg clk = 0;
  reg load = 0, swap = 0, b_e5m2 = 0, a_e5m2 = 0;
  reg [15:0] b = 0, a = 0, c = 0;
  wire [15:0] r;

`ifdef NETLIST
  `MODULE u_fma (
`else
  `MODULE #(.Stages(Stages)) u_fma (
`endif
`ifdef FP8
      .b_e5m2_i(b_e5m2), .b_i(b[7:0]), .a_e5m2_i(a_e5m2), .a_i(a[7:0]),
`else
      .b_i(b), .a_i(a),
`endif
      .clk_i(clk), .b_load_i(load), .swap_i(swap), .c_i(c), .r_o(r)
  );

  reg [2047:0] name;
  integer file, valid, expected, clocks, mismatches;

  initial begin
    clocks = 0;
    mismatches = 0;
    if (!$value$plusargs("vectors=%s", name)) $finish;
    file = $fopen(name, "r");
    while ($fscanf(file, "%h %h %h %h %h %h %h %h %h\n", load, b_e5m2, b, swap, a_e5m2, a, c, valid,
                   expected) == 9) begin
      #1 clk = 1;
      #1 clk = 0;
      clocks = clocks + 1;
      if (valid != 0 && r !== expected[15:0]) begin
        mismatches = mismatches + 1;
        if (mismatches < 10)
          $display("clock %0d, a %h c %h: expected %h, got %h", clocks, a, c, expected[15:0], r);
      end
    end
    $display("MISMATCHES %0d OF %0d", mismatches, clocks);
    $finish;
  end
endmodule
