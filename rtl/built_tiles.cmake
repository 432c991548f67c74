# nibble_built_tiles(<name> GEOMETRIES <lanes>x<cols>... PREFIX <class> LIBRARY <target>): tells C++
# which geometries of a tile are Verilated. The target nibble_built_<name>_tiles links all their
# libraries <target>_<geometry> and holds built_<name>_tiles.h, which includes all their headers and
# defines NIBBLE_BUILT_<NAME>_TILES(TILE): TILE(lanes, cols, acc_rows, class) for each.
# Sets for the caller: NIBBLE_GEOMETRIES, and NIBBLE_PARAMS_<geometry> for nibble_verilate.
set(NIBBLE_ACC_ROWS 128)
function(nibble_built_tiles name)
  cmake_parse_arguments(ARG "" "PREFIX;LIBRARY" "GEOMETRIES" ${ARGN})
  string(TOUPPER ${name} upper)
  set(includes "")
  set(tiles "")
  set(libraries "")
  foreach(geometry IN LISTS ARG_GEOMETRIES)
    string(REPLACE x ";" sizes ${geometry})
    list(GET sizes 0 lanes)
    list(GET sizes 1 cols)
    string(APPEND includes "#include \"${ARG_PREFIX}${geometry}.h\"\n")
    string(APPEND tiles
      " \\\n  TILE(${lanes}, ${cols}, ${NIBBLE_ACC_ROWS}, ${ARG_PREFIX}${geometry})")
    list(APPEND libraries ${ARG_LIBRARY}_${geometry})
    set(NIBBLE_PARAMS_${geometry}
      -GLanes=${lanes} -GCols=${cols} -GAccRows=${NIBBLE_ACC_ROWS} PARENT_SCOPE)
  endforeach()
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/built_${name}_tiles)
  file(CONFIGURE OUTPUT ${directory}/built_${name}_tiles.h @ONLY CONTENT
"// Made by rtl/built_tiles.cmake.
#pragma once

${includes}
#define NIBBLE_BUILT_${upper}_TILES(TILE)${tiles}
")
  add_library(nibble_built_${name}_tiles INTERFACE)
  target_include_directories(nibble_built_${name}_tiles SYSTEM INTERFACE ${directory})
  target_link_libraries(nibble_built_${name}_tiles INTERFACE ${libraries})
  set(NIBBLE_GEOMETRIES ${ARG_GEOMETRIES} PARENT_SCOPE)
endfunction()
