foreach(case verilator_has_no_warning units_in_icarus units_as_gates tile_in_icarus tile_as_gates)
  string(REPLACE "_" " " title ${case})
  add_test(NAME "rtl: FP16 and quantisers, ${title}"
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/fp16_rtl_test.py
                   Fp16Rtl.test_${case})
endforeach()
