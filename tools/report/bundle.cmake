# cmake -DPACKAGE=tools/report -DFOLDER=... -DOUTPUT=... -DTESTS=ON|OFF -P bundle.cmake: installs the npm
# packages into FOLDER and makes OUTPUT, the report's template as a C++ source. Where node, npm or the
# registry is not there OUTPUT says so instead, and the next build tries again; a fault of our own sources
# ends the build. Nothing is done while all is newer than what it is made from.

function(write_without_template fault)
  message(STATUS "nibblesim report: ${fault}")
  file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Made by tools/report/bundle.cmake.
#include "sim/html/report_template.h"

namespace nibble {

std::string_view report_template() { return {}; }

std::string_view fault_of_template() { return "@fault@"; }

}  // namespace nibble
]])
  file(REMOVE ${made})
endfunction()

set(made ${FOLDER}/template_made)
set(installed ${FOLDER}/packages_installed)
file(GLOB_RECURSE sources ${PACKAGE}/src/* ${PACKAGE}/build.mjs ${PACKAGE}/package-lock.json)

find_program(node NAMES node nodejs)
find_program(npm NAMES npm)
foreach(program node npm)
  if(NOT ${program})
    write_without_template("this program was built without ${program}, which bundles its charts")
    return()
  endif()
endforeach()

# The tests need Playwright besides.
set(omit --omit=dev)
if(TESTS)
  set(omit "")
endif()
set(wanted "tests ${TESTS}")
set(present "")
if(EXISTS ${installed})
  file(READ ${installed} present)
endif()
if(NOT present STREQUAL wanted OR ${PACKAGE}/package-lock.json IS_NEWER_THAN ${installed})
  file(MAKE_DIRECTORY ${FOLDER})
  file(COPY ${PACKAGE}/package.json ${PACKAGE}/package-lock.json DESTINATION ${FOLDER})
  execute_process(
    COMMAND ${npm} ci ${omit} --ignore-scripts --no-audit --no-fund --fetch-retries=0 --loglevel=error
    WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE state OUTPUT_FILE ${FOLDER}/npm.log ERROR_FILE ${FOLDER}/npm.log)
  if(NOT state EQUAL 0)
    file(REMOVE ${installed})
    write_without_template("this program was built where npm could not install the packages of its charts")
    return()
  endif()
  file(WRITE ${installed} "${wanted}")
endif()

set(is_new TRUE)
foreach(each IN LISTS sources)
  if(NOT EXISTS ${made} OR ${each} IS_NEWER_THAN ${made})
    set(is_new FALSE)
  endif()
endforeach()
if(is_new AND EXISTS ${OUTPUT})
  return()
endif()
execute_process(COMMAND ${node} ${PACKAGE}/build.mjs ${FOLDER} ${OUTPUT}.new RESULT_VARIABLE state)
if(NOT state EQUAL 0)
  message(FATAL_ERROR "tools/report cannot be bundled (above)")
endif()
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
file(REMOVE ${OUTPUT}.new)
file(TOUCH ${made})
