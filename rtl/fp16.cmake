# The FP16 baseline tile, two libraries for each geometry that is built:
# nibble_verilated_fp16_tile_<lanes>x<cols>, class VNbFp16Tile<lanes>x<cols>, and
# nibble_verilated_traced_fp16_tile_<lanes>x<cols>, class VNbTracedFp16Tile<lanes>x<cols>, which can
# write its signals to a file. This list is the only one: C++ gets it as built_fp16_tiles.h and
# built_fp16_traced_tiles.h.
set(geometries 16x4 16x16 64x2 64x9 64x16)
nibble_built_tiles(fp16 GEOMETRIES ${geometries}
  PREFIX VNbFp16Tile LIBRARY nibble_verilated_fp16_tile)
nibble_built_tiles(fp16_traced GEOMETRIES ${geometries}
  PREFIX VNbTracedFp16Tile LIBRARY nibble_verilated_traced_fp16_tile)
foreach(geometry ${NIBBLE_GEOMETRIES})
  set(verilog TOP nb_fp16_tile
    SOURCES nb_fp16_tile.sv
    INCLUDES nb_fp16_fma.svh nb_fp16_add.svh
    PARAMS ${NIBBLE_PARAMS_${geometry}})
  nibble_verilate(nibble_verilated_fp16_tile_${geometry} PREFIX VNbFp16Tile${geometry} ${verilog})
  nibble_verilate(nibble_verilated_traced_fp16_tile_${geometry} PREFIX VNbTracedFp16Tile${geometry}
    ${verilog} TRACED)
  # gcc 12 otherwise splits the multiplexers of the multiply-add into branches, which keeps it from
  # vectorising the lanes (a quarter of the speed).
  target_compile_options(nibble_verilated_fp16_tile_${geometry} PRIVATE
    -fno-thread-jumps -fno-tree-pre)
endforeach()
