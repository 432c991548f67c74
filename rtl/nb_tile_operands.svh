// Stage 2 of nb_tile: a row of B goes to the shadow cells of its lane, the shadow cells become the
// active ones, a row of A is decoded once for all columns. Included inside nb_tile.

task automatic store_row;
  for (int unsigned w = 0; w < BWords; w++)
    for (int unsigned i = 0; i < 8; i++) b_code[8*w+i] = 4'(b_row_q[32*w+:32] >> (4 * i));
  for (int unsigned c = 0; c < Cols; c++)
    shadow_q[b_lane_q][c] = {b_code[c][1:0], b_code[c][3] ^ b_signed_q, b_code[c][2:0]};
  shadow_signed_q = b_signed_q;
endtask

task automatic swap_cells;
  for (int unsigned l = 0; l < Lanes; l++)
    for (int unsigned c = 0; c < Cols; c++) active_q[l][c] = shadow_q[l][c];
  active_signed_q = shadow_signed_q;
endtask

task automatic decode_row;
  for (int unsigned w = 0; w < AWords; w++)
    for (int unsigned i = 0; i < 8; i++) a_code[8*w+i] = 4'(a_row_q[32*w+:32] >> (4 * i));
  for (int unsigned l = 0; l < Lanes; l++) begin
    logic [15:0] masks;
    masks = lane_masks(a_code[l], format1_q);
    if (!ZeroGate || masks != 16'd0) begin
      sign_q[l] = {6{a_code[l][3] & (format1_q != 2'd0)}};
      swapped_q[l] = {4{lane_swaps(a_code[l][2:0], format1_q[1])}};
    end
    mask0_q[l] = masks[3:0];
    mask1_q[l] = masks[7:4];
    mask2_q[l] = masks[11:8];
    mask3_q[l] = masks[15:12];
  end
endtask
