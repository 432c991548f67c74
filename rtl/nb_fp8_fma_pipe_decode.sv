// An fp8 operand taken apart (NUMERICS section 6): 1-4-3 with bias 11 or 1-5-2 with bias 15, both with
// subnormals, which leave here as normal numbers: 33 exponents, from 2^-16 of 1-5-2 to 2^16.
// Combinational.
module nb_fp8_fma_pipe_decode (
    input  logic       e5m2_i,  // 1-5-2, otherwise 1-4-3
    input  logic [7:0] code_i,
    output logic       sign_o,
    output logic       zero_o,
    output logic       nan_o,
    output logic [5:0] exp_o,      // value (1 + fraction / 8) * 2^(exp_o - 16), 0..32
    output logic [2:0] fraction_o
);
  logic [4:0] field;
  logic [2:0] mantissa;
  logic [5:0] exponent;
  assign field = e5m2_i ? code_i[6:2] : {1'b0, code_i[6:3]};
  assign mantissa = e5m2_i ? {code_i[1:0], 1'b0} : code_i[2:0];
  assign exponent = {1'b0, field} + (e5m2_i ? 6'd1 : 6'd5);
  assign sign_o = code_i[7];
  assign zero_o = ~|code_i[6:0];
  assign nan_o = &code_i[6:0];

  // A subnormal's leading one moves to the hidden bit's place.
  always_comb begin
    exp_o = exponent;
    fraction_o = mantissa;
    if (field == 5'd0) begin
      exp_o = exponent - (mantissa[2] ? 6'd0 : mantissa[1] ? 6'd1 : 6'd2);
      fraction_o = mantissa[2] ? {mantissa[1:0], 1'b0} : {mantissa[1] & mantissa[0], 2'b00};
    end
  end
endmodule
