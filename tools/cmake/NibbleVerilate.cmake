# nibble_verilate(<target> TOP <module> PREFIX <class> SOURCES <file.sv>... [INCLUDES <file.svh>...]
#                 [PARAMS -GLanes=16 ...]), and TRACED as a last word or not:
# a static library with the Verilated class of one parametrisation of a module. Files are absolute
# paths or relative to the caller; INCLUDES are only watched for changes (rtl/ is searched for them).
# TRACED: one that can write its signals to an FST file. It runs a single command at a time, so it is
# compiled in less time, and slower. Arrays of more than 2,048 words are left out of its files: with
# cells and accumulators the 64 x 64 tile takes gcc more than ten minutes.
#
# Include "<class>.h" only in one file, behind a pimpl: a translation unit cannot hold both a
# Verilated header and <systemc> (two definitions of the same names).
# verilated.cpp is compiled once, in nibble_verilated_runtime. Verilator names its files by a hash
# that is unknown at configure time, so they are joined in <class>_all.cpp.
execute_process(COMMAND ${VERILATOR_EXE} --getenv VERILATOR_ROOT
                OUTPUT_VARIABLE NIBBLE_VERILATOR_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE)
# -fno-thread-jumps: otherwise gcc 12 turns the selections of a rounder or an adder into branches
# and leaves the loop over columns scalar (the 64 x 64 tile then runs at half the speed).
set(options -O3 -w $<$<CXX_COMPILER_ID:GNU>:-fno-thread-jumps>)
if(NIBBLE_NATIVE)
  # -mprefer-vector-width: gcc 12 takes 256 bits by default; a row of columns fills 512.
  list(APPEND options -march=native -mprefer-vector-width=512)
endif()
set(NIBBLE_VERILATOR_ROOT ${NIBBLE_VERILATOR_ROOT} CACHE INTERNAL "Verilator's own files")
set(NIBBLE_VERILATED_OPTIONS ${options} CACHE INTERNAL "Compiler options of Verilated code")

if(NOT TARGET nibble_verilated_runtime)
  find_package(Threads REQUIRED)
  add_library(nibble_verilated_runtime STATIC ${NIBBLE_VERILATOR_ROOT}/include/verilated.cpp
                                              ${NIBBLE_VERILATOR_ROOT}/include/verilated_threads.cpp)
  target_include_directories(nibble_verilated_runtime SYSTEM PUBLIC
    ${NIBBLE_VERILATOR_ROOT}/include ${NIBBLE_VERILATOR_ROOT}/include/vltstd)
  target_compile_options(nibble_verilated_runtime PRIVATE -O2 -w)
  target_link_libraries(nibble_verilated_runtime PUBLIC Threads::Threads)
endif()

# What writes FST files, for Verilated classes that are TRACED.
if(NOT TARGET nibble_verilated_trace)
  add_library(nibble_verilated_trace STATIC ${NIBBLE_VERILATOR_ROOT}/include/verilated_fst_c.cpp)
  target_compile_options(nibble_verilated_trace PRIVATE -O2 -w)
  target_link_libraries(nibble_verilated_trace PUBLIC nibble_verilated_runtime ZLIB::ZLIB)
endif()

function(nibble_verilate target)
  cmake_parse_arguments(ARG "TRACED" "TOP;PREFIX" "SOURCES;INCLUDES;PARAMS" ${ARGN})
  set(sources "")
  foreach(source IN LISTS ARG_SOURCES)
    get_filename_component(source ${source} ABSOLUTE)
    list(APPEND sources ${source})
  endforeach()
  set(includes "")
  foreach(source IN LISTS ARG_INCLUDES)
    get_filename_component(source ${source} ABSOLUTE)
    list(APPEND includes ${source})
  endforeach()
  set(trace "")
  if(ARG_TRACED)
    set(trace --trace-fst --trace-max-array 2048 --trace-max-width 65536)
  endif()
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/verilated_${target})
  set(joined ${directory}/${ARG_PREFIX}_all.cpp)
  add_custom_command(
    OUTPUT ${joined} ${directory}/${ARG_PREFIX}.h
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${directory}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${directory}
    # --unroll-count 1 keeps loops rolled: gcc vectorises them, and code stays small.
    COMMAND ${VERILATOR_EXE} --cc --top-module ${ARG_TOP} --prefix ${ARG_PREFIX} --Mdir ${directory}
            -Wall -O3 --unroll-count 1 --x-assign fast --x-initial fast --noassert
            --output-split 0 ${trace} -I${CMAKE_SOURCE_DIR}/rtl ${ARG_PARAMS} ${sources}
    COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${directory} -DPREFIX=${ARG_PREFIX} -DOUTPUT=${joined}
            -P ${CMAKE_SOURCE_DIR}/tools/cmake/join_sources.cmake
    DEPENDS ${sources} ${includes} ${CMAKE_SOURCE_DIR}/tools/cmake/join_sources.cmake
    COMMENT "Verilating ${ARG_TOP} as ${ARG_PREFIX}"
    VERBATIM)
  add_library(${target} STATIC ${joined})
  target_include_directories(${target} SYSTEM PUBLIC ${directory})
  if(ARG_TRACED)
    target_compile_options(${target} PRIVATE -O1 -w)
    target_link_libraries(${target} PUBLIC nibble_verilated_trace)
  else()
    target_compile_options(${target} PRIVATE ${NIBBLE_VERILATED_OPTIONS})
    target_link_libraries(${target} PUBLIC nibble_verilated_runtime)
  endif()
endfunction()
