# cmake -DSOURCE=... -DVERSION=... -DVERILATOR=... -DOUTPUT=... -P write_version.cmake: writes OUTPUT, the C++
# file behind tools/version.h, if it would differ from what stands there. Runs at each build, as the commit
# may have changed since the last one.

# A source tree without a .git of its own (a tarball) may lie in somebody else's checkout.
set(commit "unknown (not built from a git checkout)")
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git --no-optional-locks -C ${SOURCE} describe --always --dirty --abbrev=10
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit)  # no git, or one that does not trust the checkout's owner
  set(commit "unknown")
endif()
set(text "// Written by tools/cmake/write_version.cmake.
#include \"tools/version.h\"

namespace nibble {

const char* version_number() { return \"${VERSION}\"; }
const char* source_commit() { return \"${commit}\"; }
const char* verilator_version() { return \"${VERILATOR}\"; }

}  // namespace nibble
")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
