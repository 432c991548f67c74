# The 4-bit tile, one library for each geometry that is built: nibble_verilated_tile_<lanes>x<cols>,
# class VNbTile<lanes>x<cols>. This list is the only one: C++ gets it as built_nibble_tiles.h.
nibble_built_tiles(nibble GEOMETRIES 16x16 32x32 64x64 PREFIX VNbTile LIBRARY nibble_verilated_tile)
foreach(geometry ${NIBBLE_GEOMETRIES})
  nibble_verilate(nibble_verilated_tile_${geometry} TOP nb_tile PREFIX VNbTile${geometry}
    SOURCES nb_tile.sv
    INCLUDES nb_lane.svh nb_tile_operands.svh nb_tile_sums.svh nb_chunk_round.svh
             nb_fp16_add.svh
    PARAMS ${NIBBLE_PARAMS_${geometry}})
endforeach()
