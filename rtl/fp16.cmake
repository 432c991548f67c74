# The FP16 baseline tile, one library for each geometry that is built:
# nibble_verilated_fp16_tile_<lanes>x<cols>, class VNbFp16Tile<lanes>x<cols>. This list is the only
# one: C++ gets it as built_fp16_tiles.h.
nibble_built_tiles(fp16 GEOMETRIES 16x4 16x16 64x2 64x9 64x16
  PREFIX VNbFp16Tile LIBRARY nibble_verilated_fp16_tile)
foreach(geometry ${NIBBLE_GEOMETRIES})
  nibble_verilate(nibble_verilated_fp16_tile_${geometry} TOP nb_fp16_tile
    PREFIX VNbFp16Tile${geometry}
    SOURCES nb_fp16_tile.sv
    INCLUDES nb_fp16_fma.svh nb_fp16_add.svh
    PARAMS ${NIBBLE_PARAMS_${geometry}})
  # gcc 12 otherwise splits the multiplexers of the multiply-add into branches, which keeps it from
  # vectorising the lanes (a quarter of the speed).
  target_compile_options(nibble_verilated_fp16_tile_${geometry} PRIVATE
    -fno-thread-jumps -fno-tree-pre)
endforeach()
