# The 4-bit tile, two libraries for each geometry that is built: nibble_verilated_tile_<lanes>x<cols>,
# class VNbTile<lanes>x<cols>, and nibble_verilated_traced_tile_<lanes>x<cols>, class
# VNbTracedTile<lanes>x<cols>, which can write its signals to a file. This list is the only one: C++
# gets it as built_nibble_tiles.h and built_nibble_traced_tiles.h.
set(geometries 16x16 32x32 64x64)
nibble_built_tiles(nibble GEOMETRIES ${geometries} PREFIX VNbTile LIBRARY nibble_verilated_tile)
nibble_built_tiles(nibble_traced GEOMETRIES ${geometries} PREFIX VNbTracedTile
  LIBRARY nibble_verilated_traced_tile)
foreach(geometry ${NIBBLE_GEOMETRIES})
  set(verilog TOP nb_tile
    SOURCES nb_tile.sv
    INCLUDES nb_lane.svh nb_tile_operands.svh nb_tile_sums.svh nb_chunk_round.svh
             nb_fp16_add.svh
    PARAMS ${NIBBLE_PARAMS_${geometry}})
  nibble_verilate(nibble_verilated_tile_${geometry} PREFIX VNbTile${geometry} ${verilog})
  nibble_verilate(nibble_verilated_traced_tile_${geometry} PREFIX VNbTracedTile${geometry} ${verilog}
    TRACED)
endforeach()
