// One lane's term of nb_fp16_dot: the product of a decoded significand of A (nb_fp16_dot_row) and one of
// B, aligned to the largest product and cut to the window. A module of its own, so that yosys reads the
// product's tree once and not for every lane.
//
//   Combinational.
//
//   Window   11..24: bits kept at and below the largest product's top place
module nb_fp16_dot_lane #(
    parameter int Window = 14
) (
    input logic [13:0] lines_i,
    input logic [ 9:0] high_i,
    input logic [ 8:0] mantissa_i,  // of B
    input logic [ 6:0] distance_i,  // of the exponent from the largest
    input logic        nonzero_i,

    output logic [Window-1:0] magnitude_o
);
  // The product's tree of adders, place by place: rows 0 to 4 are the digits' multiples of n, row k with
  // ten places from 2k; then n (places 9 to 17) and what depends on A alone (see nb_fp16_dot_row).
  // Four bits a place, place 0 lowest: bits of the place itself, and with the carries from below. Every
  // two bits above the last one take an adder, and every adder of a place gives one carry.
  localparam logic [79:0] OwnBits = 80'h01334455667545342312;
  localparam logic [79:0] AllBits = 80'h246789AABBB988664422;
  function automatic int own_bits(input int place);
    own_bits = 32'(OwnBits[4*place+:4]);
  endfunction
  function automatic int all_bits(input int place);
    all_bits = 32'(AllBits[4*place+:4]);
  endfunction

  // Product of a decoded significand of A and one of B whose nine stored bits are n; below the window
  // only the carries are right. yosys collects no sum here, because it takes shifted terms apart; each
  // step is a sum of three bits instead, of which it makes a full adder. Places below the window need a
  // last carry, not a last sum: a majority, which is smaller.
  function automatic logic [19:0] product(input logic [13:0] lines, input logic [9:0] high,
                                          input logic [8:0] n);
    logic [49:0] rows;
    logic [15:0] queue;  // of a place: first its own bits, then carries, then sums
    logic [4:0] carries;
    for (int k = 0; k < 4; k++)
      rows[10*k+:10] = ({1'b0, n} & {10{lines[3*k]}}) | ({1'b0, ~n} & {1'b0, {9{lines[3*k+2]}}})
                     | ({n, 1'b0} & {10{lines[3*k+1]}});
    rows[40+:10] = ({1'b0, n} & {10{lines[12]}}) | ({n, 1'b0} & {10{lines[13]}});
    carries = 5'd0;
    for (int p = 0; p < 20; p++) begin
      queue = 16'd0;
      // Row k's bit of the place follows those of the rows that begin and end in front of it.
      for (int k = 0; k < 5; k++)
        if (p >= 2 * k && p < 2 * k + 10) queue[k-(p<10?0:p/2-4)] = rows[8*k+p];
      if (p < 8 && p % 2 == 0) queue[own_bits(p)-1] = lines[3*(p/2)+2];
      if (p > 8 && p < 18) queue[own_bits(p)-2] = n[p-9];
      if (p > 8 && p < 19) queue[own_bits(p)-1] = high[p-9];
      for (int j = 0; j < 5; j++)
        if (j < all_bits(p) - own_bits(p)) queue[own_bits(p)+j] = carries[j];
      carries = 5'd0;
      for (int j = 0; j < 5; j++)
        if (j < all_bits(p) / 2) begin
          if (p < 20 - Window && j == all_bits(p) / 2 - 1)
            carries[j] = (queue[3*j] & queue[3*j+1]) | (queue[3*j+2] & (queue[3*j] | queue[3*j+1]));
          else
            {carries[j], queue[all_bits(p)+j]} = {1'b0, queue[3*j]} + {1'b0, queue[3*j+1]}
                                                   + {1'b0, queue[3*j+2]};
        end
      product[p] = queue[all_bits(p)+all_bits(p)/2-1];
    end
  endfunction

  // The highest Window bits of a product (zeros below it if Window is above 20), shifted right, the rest
  // cut; nothing of a product that is zero. The last selection clears what is too far as well.
  function automatic logic [Window-1:0] align(input logic [19:0] product_bits, input logic [6:0] distance,
                                              input logic nonzero);
    logic [Window-1:0] x;
    logic near, far;
    x = Window > 20 ? Window'(product_bits) << (Window > 20 ? Window - 20 : 0)
                    : Window'(product_bits >> (Window > 20 ? 0 : 20 - Window));
    x = distance[0] ? x >> 1 : x;
    x = distance[1] ? x >> 2 : x;
    x = distance[2] ? x >> 4 : x;
    if (Window > 16) x = distance[4] ? x >> 16 : x;
    near = nonzero & ~(|distance[6:5]) & (Window > 16 | ~distance[4]);
    far = near & distance[3];
    near = near & ~distance[3];
    align = (x & {Window{near}}) | (x >> 8 & {Window{far}});
  endfunction

  assign magnitude_o = align(product(lines_i, high_i, mantissa_i), distance_i, nonzero_i);
endmodule
