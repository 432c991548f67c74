// A pipeline register that a parameter turns into wires.
module nb_fp16_fma_pipe_cut #(
    parameter bit Registered = 1'b1,
    parameter int Width = 1
) (
    input  logic             clk_i,
    input  logic [Width-1:0] d_i,
    output logic [Width-1:0] q_o
);
  if (Registered) begin : gen_register
    always_ff @(posedge clk_i) q_o <= d_i;
  end else begin : gen_wire
    logic unused_clk;
    assign unused_clk = clk_i;
    assign q_o = d_i;
  end
endmodule
