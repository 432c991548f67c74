foreach(case verilator_has_no_warning every_depth_in_icarus every_pair_in_icarus
        two_stages_as_gates all_but_the_product_is_proved)
  string(REPLACE "_" " " title ${case})
  add_test(NAME "rtl: FP8 cell of the area baseline, ${title}"
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/fp8_fma_pipe_test.py
                   Fp8FmaPipe.test_${case})
endforeach()
