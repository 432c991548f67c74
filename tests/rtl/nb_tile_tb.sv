// Plays the ports of a 16 x 4 nb_tile with 4 accumulator rows. Each line of +vectors=FILE is one clock,
// in hexadecimal: `b_valid b_signed b_lane b_row  a_valid swap fold first last format acc a_row  valid
// acc row`, the last three what must be seen after the edge. Prints "MISMATCHES n OF m".
`timescale 1ns / 1ns
module nb_tile_tb;
  reg clk = 0;
  reg rst_n = 0;
  reg b_valid = 0;
  reg b_signed = 0;
  reg [3:0] b_lane = 0;
  reg [15:0] b_row = 0;
  reg a_valid = 0;
  reg swap = 0;
  reg fold = 0;
  reg first = 0;
  reg last = 0;
  reg [1:0] format = 0;
  reg [1:0] acc = 0;
  reg [63:0] a_row = 0;
  wire c_valid;
  wire [1:0] c_acc;
  wire [63:0] c_row;
  reg expected_valid;
  reg [1:0] expected_acc;
  reg [63:0] expected_row;

  nb_tile u_tile (
      .clk_i(clk), .rst_ni(rst_n),
      .b_valid_i(b_valid), .b_signed_i(b_signed), .b_lane_i(b_lane), .b_row_i(b_row),
      .a_valid_i(a_valid), .a_swap_i(swap), .a_fold_i(fold), .a_first_i(first), .a_last_i(last),
      .a_format_i(format), .a_acc_i(acc), .a_row_i(a_row),
      .c_valid_o(c_valid), .c_acc_o(c_acc), .c_row_o(c_row)
  );
`ifndef NETLIST
  defparam u_tile.Lanes = 16;
  defparam u_tile.Cols = 4;
  defparam u_tile.AccRows = 4;
`endif

  reg [2047:0] name;
  integer file, cases, results, mismatches;

  initial begin
    cases = 0;
    results = 0;
    mismatches = 0;
    if (!$value$plusargs("vectors=%s", name)) $finish;
    file = $fopen(name, "r");
    repeat (2) begin
      #1 clk = 1;
      #1 clk = 0;
    end
    rst_n = 1;
    while ($fscanf(file, "%h %h %h %h %h %h %h %h %h %h %h %h %h %h %h\n", b_valid, b_signed,
                   b_lane, b_row, a_valid, swap, fold, first, last, format, acc, a_row,
                   expected_valid, expected_acc, expected_row) == 15) begin
      #1 clk = 1;
      #1 clk = 0;
      cases = cases + 1;
      results = results + expected_valid;
      if (c_valid !== expected_valid ||
          (expected_valid && (c_acc !== expected_acc || c_row !== expected_row))) begin
        mismatches = mismatches + 1;
        if (mismatches < 10)
          $display("clock %0d: valid %b acc %h row %h, expected %b %h %h", cases, c_valid, c_acc,
                   c_row, expected_valid, expected_acc, expected_row);
      end
    end
    $display("%0d result rows", results);
    $display("MISMATCHES %0d OF %0d", mismatches, cases);
    $finish;
  end
endmodule
