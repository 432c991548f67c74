// Function fp16_fma: a * b + c on fp16 codes (DLFloat16 1-6-9), fused, one rounding to nearest
// with ties away from zero. Included inside the modules that multiply in fp16, so that the tile,
// the single unit nb_fp16_fma and the validation probe share one text.
//
// Why no sticky bit: the operand with the larger exponent stays in place, the other is negated if
// the signs differ and shifted right *arithmetically*, which floors the exact sum. Ties away only
// asks whether a magnitude reaches the midpoint, and a floor never crosses it. Two guard bits are
// enough: an exponent difference up to 2 loses nothing, from 3 on the sum keeps 17 of its bits.
// Every select is a multiplexer, no branch: simulation runs it on whole vectors of lanes.
function automatic [15:0] fp16_fma(input [15:0] a, input [15:0] b, input [15:0] c);
  reg        any_nan;       // an operand is NaN-infinity
  reg        product_zero;
  reg        addend_zero;
  reg [19:0] product;       // 10 x 10 bits of significand, value product * 2^(exponent - 80)
  reg [19:0] addend;        // the addend on the same scale
  reg [6:0]  product_exp;
  reg [6:0]  addend_exp;
  reg        addend_big;    // the addend has the larger exponent
  reg [6:0]  big_exp;
  reg [6:0]  distance;
  reg [4:0]  shift;
  reg [23:0] larger;        // significands with a sign, a carry and two guard bits
  reg [23:0] smaller;
  reg [23:0] sum;
  reg [22:0] magnitude;
  reg [17:0] code;          // exponent and mantissa as one signed number
  reg        sign;
  begin
    any_nan = (&a[14:0]) | (&b[14:0]) | (&c[14:0]);
    product_zero = ~(|a[14:0]) | ~(|b[14:0]);
    addend_zero = ~(|c[14:0]);
    product = {10'd0, 1'b1, a[8:0]} * {10'd0, 1'b1, b[8:0]};
    product = product_zero ? 20'd0 : product;
    addend = {1'b0, ~addend_zero, addend_zero ? 9'd0 : c[8:0], 9'd0};
    // A zero gets the lowest exponent, so that it never shifts the other operand away.
    product_exp = product_zero ? 7'd0 : {1'b0, a[14:9]} + {1'b0, b[14:9]};
    addend_exp = addend_zero ? 7'd0 : {1'b0, c[14:9]} + 7'd31;

    addend_big = addend_exp > product_exp;
    big_exp = addend_big ? addend_exp : product_exp;
    distance = addend_big ? addend_exp - product_exp : product_exp - addend_exp;
    shift = (distance > 7'd31) ? 5'd31 : distance[4:0];
    larger = {2'd0, addend_big ? addend : product, 2'd0};
    smaller = {2'd0, addend_big ? product : addend, 2'd0};
    smaller = (a[15] ^ b[15] ^ c[15]) ? -smaller : smaller;
    sum = larger + $unsigned($signed(smaller) >>> shift);
    // Negative only where nothing was shifted out (distance 0 to 2), hence exact.
    magnitude = sum[23] ? -sum[22:0] : sum[22:0];
    sign = (addend_big ? c[15] : a[15] ^ b[15]) ^ sum[23];

    // Bring the leading one to bit 22 by halves; every step that moves lowers the exponent.
    code = {11'd0, big_exp} - 18'd30;
    code = (magnitude[22:7] == 16'd0) ? code - 18'd16 : code;
    magnitude = (magnitude[22:7] == 16'd0) ? {magnitude[6:0], 16'd0} : magnitude;
    code = (magnitude[22:15] == 8'd0) ? code - 18'd8 : code;
    magnitude = (magnitude[22:15] == 8'd0) ? {magnitude[14:0], 8'd0} : magnitude;
    code = (magnitude[22:19] == 4'd0) ? code - 18'd4 : code;
    magnitude = (magnitude[22:19] == 4'd0) ? {magnitude[18:0], 4'd0} : magnitude;
    code = (magnitude[22:21] == 2'd0) ? code - 18'd2 : code;
    magnitude = (magnitude[22:21] == 2'd0) ? {magnitude[20:0], 2'd0} : magnitude;
    code = magnitude[22] ? code : code - 18'd1;
    magnitude = magnitude[22] ? magnitude : {magnitude[21:0], 1'b0};

    // Rounding up to 1024 carries into the exponent. The significand's leading one adds 512, hence
    // 30 above where the exponent offset is 29.
    code = {code[8:0], 9'd0} + {8'd0, magnitude[22:13]} + {17'd0, magnitude[12]};
    code = (code[17] | ~magnitude[22]) ? 18'd0 : code;
    code = (any_nan | (code > 18'h07FFF)) ? 18'h07FFF : code;
    sign = sign & (code != 18'd0) & (code != 18'h07FFF);
    fp16_fma = {sign, code[14:0]};
  end
endfunction
