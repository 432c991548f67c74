# The 4-bit tile, one library for each geometry that is built: nibble_verilated_tile_<lanes>, class
# VNbTile<lanes>. sim/tile/verilated_nibble_tile.cpp lists the same geometries.
foreach(lanes 16 32 64)
  nibble_verilate(nibble_verilated_tile_${lanes} TOP nb_tile PREFIX VNbTile${lanes}
    SOURCES nb_tile.sv
    INCLUDES nb_lane.svh nb_tile_operands.svh nb_tile_sums.svh nb_chunk_round.svh
             nb_fp16_add.svh
    PARAMS -GLanes=${lanes} -GCols=${lanes} -GAccRows=128)
endforeach()
