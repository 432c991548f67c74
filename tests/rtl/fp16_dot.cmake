foreach(case verilator_has_no_warning in_icarus other_windows_in_icarus as_gates)
  string(REPLACE "_" " " title ${case})
  add_test(NAME "rtl: FP16 dot product, ${title}"
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/fp16_dot_test.py
                   Fp16Dot.test_${case})
endforeach()
