// Plays the ports of two columns of nb_fp16_dot and of the nb_fp16_dot_row they share. Each line of
// +vectors=FILE is one clock, in hexadecimal: `b_valid b_lane b_row a_valid swap fold first last a_row
// valid row`, the last two what must be seen after the edge. Prints "MISMATCHES n OF m".
`timescale 1ns / 1ns
module fp16_dot_tb;
  parameter Lanes = 4;
  parameter Window = 14;
  localparam LaneBits = $clog2(Lanes);
  localparam Cols = 2;

  reg clk = 0;
  reg rst_n = 0;
  reg b_valid = 0;
  reg [LaneBits-1:0] b_lane = 0;
  reg [16*Cols-1:0] b_row = 0;
  reg a_valid = 0;
  reg swap = 0;
  reg fold = 0;
  reg first = 0;
  reg last = 0;
  reg [16*Lanes-1:0] a_row = 0;
  wire c_valid;
  wire [16*Cols-1:0] c_row;
  reg expected_valid;
  reg [16*Cols-1:0] expected_row;

  wire b_taken, swap_now, swap_late, nan, accumulate, fold_now, first_now, last_now;
  wire [Lanes-1:0] write, write_late, nonzero, sign;
  wire [6*Lanes-1:0] exponent;
  wire [14*Lanes-1:0] lines;
  wire [10*Lanes-1:0] high;
  nb_fp16_dot_row u_row (
      .clk_i(clk), .rst_ni(rst_n),
      .b_valid_i(b_valid), .b_lane_i(b_lane),
      .a_valid_i(a_valid), .a_swap_i(swap), .a_fold_i(fold), .a_first_i(first), .a_last_i(last),
      .a_row_i(a_row),
      .b_valid_o(b_taken), .b_write_o(write), .b_write_late_o(write_late), .swap_o(swap_now),
      .swap_late_o(swap_late), .nan_o(nan), .nonzero_o(nonzero), .exponent_o(exponent),
      .sign_o(sign), .lines_o(lines), .high_o(high), .accumulate_o(accumulate), .fold_o(fold_now),
      .first_o(first_now), .last_o(last_now), .c_valid_o(c_valid)
  );
  genvar c;
  for (c = 0; c < Cols; c = c + 1) begin : gen_column
    nb_fp16_dot u_column (
        .clk_i(clk), .rst_ni(rst_n), .b_code_i(b_row[16*c+:16]),
        .b_valid_i(b_taken), .b_write_i(write), .b_write_late_i(write_late), .swap_i(swap_now),
        .swap_late_i(swap_late), .nan_i(nan), .nonzero_i(nonzero), .exponent_i(exponent),
        .sign_i(sign), .lines_i(lines), .high_i(high), .accumulate_i(accumulate),
        .fold_i(fold_now), .first_i(first_now), .last_i(last_now), .c_o(c_row[16*c+:16])
    );
`ifndef NETLIST
    defparam u_column.Lanes = Lanes;
    defparam u_column.Window = Window;
`endif
  end
`ifndef NETLIST
  defparam u_row.Lanes = Lanes;
`endif

  reg [2047:0] name;
  integer file, cases, mismatches;

  initial begin
    cases = 0;
    mismatches = 0;
    if (!$value$plusargs("vectors=%s", name)) $finish;
    file = $fopen(name, "r");
    repeat (2) begin
      #1 clk = 1;
      #1 clk = 0;
    end
    rst_n = 1;
    while ($fscanf(file, "%h %h %h %h %h %h %h %h %h %h %h\n", b_valid, b_lane, b_row, a_valid, swap,
                   fold, first, last, a_row, expected_valid, expected_row) == 11) begin
      #1 clk = 1;
      #1 clk = 0;
      cases = cases + 1;
      if (c_valid !== expected_valid || (expected_valid && c_row !== expected_row)) begin
        mismatches = mismatches + 1;
        if (mismatches < 10)
          $display("clock %0d: expected %b %h, got %b %h", cases, expected_valid, expected_row,
                   c_valid, c_row);
      end
    end
    $display("MISMATCHES %0d OF %0d", mismatches, cases);
    $finish;
  end
endmodule
