# The single units for `nibblesim validate`: nibble_verilated_probe, class VNbProbe.
nibble_verilate(nibble_verilated_probe TOP nb_probe PREFIX VNbProbe
  SOURCES nb_probe.sv nb_probe_round.sv nb_fp16_adder.sv nb_fp16_fma.sv nb_round32.sv
          nb_quant_fp4.sv nb_quant_pact.sv nb_quant_s4.sv nb_quant_sawb.sv
  INCLUDES nb_chunk_round.svh nb_fp16_add.svh nb_fp16_fma.svh)

# nb_tile with 128 lanes, whole and as a quarter of its columns: nibble_verilated_array_<cols>, class
# VNbArray<cols>.
foreach(cols 128 32)
  nibble_verilate(nibble_verilated_array_${cols} TOP nb_tile PREFIX VNbArray${cols}
    SOURCES nb_tile.sv
    INCLUDES nb_lane.svh nb_tile_operands.svh nb_tile_sums.svh nb_chunk_round.svh
             nb_fp16_add.svh
    PARAMS -GLanes=128 -GCols=${cols} -GAccRows=128)
endforeach()
