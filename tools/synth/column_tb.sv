// The structural column against nb_tile with one column: the same B, the tile's own decoded rows and
// controls, chunk sums and results compared after every clock. Extremes of the range first, then
// random rows, formats, folds and pauses. Prints one line and ends with $finish, or $fatal.
`timescale 1ns / 1ps
module column_tb;
  localparam int Lanes = 64;
  localparam int Rounds = 120;

  logic clk = 0;
  always #5 clk = !clk;

  logic rst_n, b_valid, b_signed, a_valid, a_swap, a_fold, a_first, a_last;
  logic [5:0] b_lane;
  logic [3:0] b_row;
  logic [1:0] a_format;
  logic [255:0] a_row;
  logic c_valid;
  logic [0:0] c_acc;
  logic [15:0] c_row, c_structural;

  nb_tile #(.Lanes(Lanes), .Cols(1), .AccRows(1)) u_tile (
      .clk_i(clk), .rst_ni(rst_n), .b_valid_i(b_valid), .b_signed_i(b_signed), .b_lane_i(b_lane),
      .b_row_i(b_row), .a_valid_i(a_valid), .a_swap_i(a_swap), .a_fold_i(a_fold),
      .a_first_i(a_first), .a_last_i(a_last), .a_format_i(a_format), .a_acc_i(1'b0),
      .a_row_i(a_row), .c_valid_o(c_valid), .c_acc_o(c_acc), .c_row_o(c_row)
  );

  // The tile's registers as the other columns of a tile would see them, taken at the falling edge
  // because the tile assigns them with blocking assignments at the rising one.
  logic [63:0] b_write, sign;
  logic [447:0] lines;
  logic shared_signed, swap, lanes, weigh, round, accumulate, fold, first, last, fp4;
  logic [22:0] reference;
  logic [5:0] bias;
  localparam int LaneBits = 6;
  localparam int PlaneBits = 4 + LaneBits;
  localparam int SumBits = 17 + LaneBits;
  `include "nb_lane.svh"
  always @(negedge clk) begin
    b_write = u_tile.b_valid_q ? 64'd1 << u_tile.b_lane_q : 64'd0;
    shared_signed = u_tile.b_signed_q;
    swap = u_tile.row1_q[4] & u_tile.swap_q;
    for (int l = 0; l < Lanes; l++) begin
      sign[l] = u_tile.sign_q[l][0];
      lines[7*l+:7] = {u_tile.straight3_q[l][0], u_tile.crossed2_q[l][2], u_tile.straight2_q[l][0],
                       u_tile.crossed1_q[l][2], u_tile.straight1_q[l][0], u_tile.crossed0_q[l][2],
                       u_tile.straight0_q[l][0]};
    end
    // row_t is {valid, fold, first, last, acc}.
    lanes = u_tile.row2_q[4] & !u_tile.row2_q[3];
    weigh = u_tile.row3_q[4] & !u_tile.row3_q[3];
    round = u_tile.row4_q[4] & !u_tile.row4_q[3];
    accumulate = u_tile.row5_q[4];
    fold = u_tile.row5_q[3];
    first = u_tile.row5_q[2];
    last = u_tile.row5_q[1];
    fp4 = u_tile.format3_q[1];
    reference = plane_weigh(u_tile.reference0_q, u_tile.reference1_q, u_tile.reference2_q,
                            u_tile.reference3_q, fp4);
    bias = !u_tile.format4_q[1] ? 6'd52 : u_tile.format4_q[0] ? 6'd45 : 6'd46;
  end

  nb_structural_column u_column (
      .clk_i(clk), .b_code_i(b_row), .b_signed_i(shared_signed), .b_write_i(b_write), .swap_i(swap),
      .lanes_i(lanes), .weigh_i(weigh), .round_i(round), .accumulate_i(accumulate), .fold_i(fold),
      .first_i(first), .last_i(last), .sign_i(sign), .lines_i(lines), .fp4_i(fp4),
      .reference_i(reference), .bias_i(bias), .c_o(c_structural)
  );

  int sums = 0, results = 0;
  always @(negedge clk) begin
    #1;
    if (u_tile.row4_q[4] & !u_tile.row4_q[3]) begin
      sums = sums + 1;
      if (u_tile.sum_q[0] !== u_column.sum_q) begin
        $display("sum %h, structural %h", u_tile.sum_q[0], u_column.sum_q);
        $fatal;
      end
    end
    if (c_valid) begin
      results = results + 1;
      if (c_row !== c_structural) begin
        $display("result %h, structural %h", c_row, c_structural);
        $fatal;
      end
    end
  end

  // Extreme codes of either operand, otherwise random.
  function automatic logic [3:0] pick(input int kind);
    case (kind)
      0: pick = 4'hF;
      1: pick = 4'h7;
      2: pick = 4'h8;
      default: pick = 4'($urandom);
    endcase
  endfunction

  task automatic load(input int kind);
    for (int l = 0; l < Lanes; l++) begin
      b_valid = 1;
      b_lane = 6'(l);
      b_row = pick(kind);
      @(negedge clk);
      #2;
    end
    b_valid = 0;
  endtask

  initial begin
    rst_n = 0;
    b_valid = 0;
    b_signed = 0;
    a_valid = 0;
    {a_swap, a_fold, a_first, a_last, a_format, a_row, b_lane, b_row} = '0;
    repeat (3) @(negedge clk);
    #2 rst_n = 1;
    for (int r = 0; r < Rounds; r++) begin
      b_signed = r[0];
      load(r < 48 ? r / 16 : 3);
      for (int i = 0; i < 24; i++) begin
        a_valid = i < 2 || $urandom % 8 != 0;
        a_swap = i == 0;
        a_format = r < 48 ? 2'(r / 2) : 2'($urandom);
        a_fold = i > 2 && $urandom % 4 == 0;
        a_first = i < 3 || $urandom % 8 == 0;
        a_last = $urandom % 2 == 0;
        for (int l = 0; l < Lanes; l++) a_row[4*l+:4] = pick(i % 4 == 0 ? 0 : i % 4 == 1 ? 1 : r / 8 % 4);
        @(negedge clk);
        #2;
      end
      a_valid = 0;
      repeat (6) @(negedge clk);
      #2;
    end
    $display("structural column = nb_tile on %0d chunk sums and %0d results", sums, results);
    $finish;
  end
endmodule
