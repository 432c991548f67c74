# nb_tile under Icarus and as gates, on vectors from the reference GEMM.
add_executable(tile_vectors tile_vectors.cpp)
target_compile_options(tile_vectors PRIVATE ${NIBBLE_WARNINGS})
target_link_libraries(tile_vectors PRIVATE nibble_sim_tile nibble_gemm)
foreach(case tile_in_icarus tile_as_gates)
  string(REPLACE "_" " " title ${case})
  add_test(NAME "rtl: nb_tile, ${title}"
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/tile_rtl_test.py
                   $<TARGET_FILE:tile_vectors> TileRtl.test_${case})
endforeach()
