// All pairs of operands of all pairs of formats, with Addends addends each. A line of +vectors=FILE is
// addend and result, in hexadecimal; formats are the outer loops (a's, b's), then b, a and the addend.
// Prints "MISMATCHES n OF m".
`timescale 1ns / 1ns
module fp8_fma_pipe_pairs_tb;
  parameter Addends = 1;
  localparam Count = 4 * 65536 * Addends;

  reg clk = 0;
  reg load = 0, swap = 0;
  reg [15:0] c = 0;
  wire [15:0] r;
  reg [2047:0] name;
  reg [31:0] vectors [0:Count-1];
  integer format, b, a, k, i, mismatches;

  nb_fp8_fma_pipe u_fma (
      .clk_i(clk), .b_load_i(load), .b_e5m2_i(format[0]), .b_i(b[7:0]), .swap_i(swap),
      .a_e5m2_i(format[1]), .a_i(a[7:0]), .c_i(c), .r_o(r)
  );

  task edges(input integer count);
    repeat (count) begin
      #1 clk = 1;
      #1 clk = 0;
    end
  endtask

  initial begin
    i = 0;
    a = 0;
    mismatches = 0;
    if (!$value$plusargs("vectors=%s", name)) $finish;
    $readmemh(name, vectors);
    for (format = 0; format < 4; format = format + 1)
      for (b = 0; b < 256; b = b + 1) begin
        {load, swap} = 2'b11;
        edges(2);
        {load, swap} = 2'b00;
        for (a = 0; a < 256; a = a + 1)
          for (k = 0; k < Addends; k = k + 1) begin
            c = vectors[i][31:16];
            edges(1);
            if (r !== vectors[i][15:0]) begin
              mismatches = mismatches + 1;
              if (mismatches < 10)
                $display("formats %b, a %h b %h c %h: expected %h, got %h", format[1:0], a[7:0],
                         b[7:0], c, vectors[i][15:0], r);
            end
            i = i + 1;
          end
      end
    $display("MISMATCHES %0d OF %0d", mismatches, i);
    $finish;
  end
endmodule
