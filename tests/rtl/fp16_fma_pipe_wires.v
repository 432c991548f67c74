// techmap: flip-flops become wires. Their enables must be constant, or loops arise.
(* techmap_celltype = "$dff" *)
module wire_for_dff (CLK, D, Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1;
  input CLK;
  input [WIDTH-1:0] D;
  output [WIDTH-1:0] Q;
  assign Q = D;
endmodule
