// Stages 3 and 4 of nb_tile: the chunk sums of a row. Included inside nb_tile.

// Sums of the four planes over all lanes of every column. In simulation the lanes are added
// sixteen at a time in bytes (16 * 15 < 256); synthesis merges all into one carry-save tree.
task automatic add_lanes;
  for (int unsigned c = 0; c < Cols; c++) begin
    plane0_q[c] = '0;
    plane1_q[c] = '0;
    plane2_q[c] = '0;
    plane3_q[c] = '0;
  end
  for (int unsigned g = 0; g < Lanes; g += GroupLanes) begin
    for (int unsigned c = 0; c < Cols; c++) begin
      group0[c] = '0;
      group1[c] = '0;
      group2[c] = '0;
      group3[c] = '0;
    end
    for (int unsigned i = 0; i < GroupLanes; i++) begin
      logic [LaneBits-1:0] l;
      logic [5:0] sign;
      logic [3:0] swapped, mask0, mask1, mask2, mask3;
      l = LaneBits'(g + i);
      sign = sign_q[l];
      swapped = swapped_q[l];
      mask0 = mask0_q[l];
      mask1 = mask1_q[l];
      mask2 = mask2_q[l];
      mask3 = mask3_q[l];
      for (int unsigned c = 0; c < Cols; c++) begin
        logic [3:0] nibble;
        nibble = lane_nibble(active_q[l][c], sign, swapped);
        group0[c] = group0[c] + 8'(lane_plane(nibble, mask0));
        group1[c] = group1[c] + 8'(lane_plane(nibble, mask1));
        group2[c] = group2[c] + 8'(lane_plane(nibble, mask2));
        group3[c] = group3[c] + 8'(lane_plane(nibble, mask3));
      end
    end
    for (int unsigned c = 0; c < Cols; c++) begin
      plane0_q[c] = plane0_q[c] + PlaneBits'(group0[c]);
      plane1_q[c] = plane1_q[c] + PlaneBits'(group1[c]);
      plane2_q[c] = plane2_q[c] + PlaneBits'(group2[c]);
      plane3_q[c] = plane3_q[c] + PlaneBits'(group3[c]);
    end
  end
endtask

// The same sums for the reference cell, which holds the offset of a signed B and 0 of an unsigned.
task automatic add_reference;
  logic [31:0] sum0, sum1, sum2, sum3;
  sum0 = '0;
  sum1 = '0;
  sum2 = '0;
  sum3 = '0;
  for (int unsigned l = 0; l < Lanes; l++) begin
    logic [3:0] nibble;
    nibble = lane_nibble({2'd0, active_signed_q, 3'd0}, sign_q[l], swapped_q[l]);
    sum0 = sum0 + 32'(lane_plane(nibble, mask0_q[l]));
    sum1 = sum1 + 32'(lane_plane(nibble, mask1_q[l]));
    sum2 = sum2 + 32'(lane_plane(nibble, mask2_q[l]));
    sum3 = sum3 + 32'(lane_plane(nibble, mask3_q[l]));
  end
  reference0_q = PlaneBits'(sum0);
  reference1_q = PlaneBits'(sum1);
  reference2_q = PlaneBits'(sum2);
  reference3_q = PlaneBits'(sum3);
endtask

task automatic weigh_planes;
  logic [SumBits-1:0] reference;
  logic fp4;
  fp4 = format3_q[1];
  reference = plane_weigh(reference0_q, reference1_q, reference2_q, reference3_q, fp4);
  for (int unsigned c = 0; c < Cols; c++)
    sum_q[c] = plane_weigh(plane0_q[c], plane1_q[c], plane2_q[c], plane3_q[c], fp4) - reference;
endtask
