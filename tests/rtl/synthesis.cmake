# tools/synth: netlists against their sources, delays, committed data.
foreach(case every_recipe_gives_the_function tile_with_gated_clocks_is_the_tile
             check_sees_one_wrong_cell shortest_clock parts_add_up comments_do_not_make_data_old
             committed_data_is_of_these_sources density_page_is_of_the_data
             two_runs_do_not_lose_each_others_designs command bad_input)
  string(REPLACE "_" " " title ${case})
  add_test(NAME "rtl: synthesis, ${title}"
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/synthesis_test.py
                   $<TARGET_FILE:nibblesim> SynthesisTest.test_${case})
endforeach()
