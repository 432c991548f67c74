# cmake -DDIRECTORY=... -DPREFIX=... -DOUTPUT=... -P join_sources.cmake: aligns the arrays of the
# Verilated class PREFIX and writes OUTPUT, which includes every PREFIX*.cpp of DIRECTORY in sorted
# order.

# A row of columns is read and written as whole vectors. Verilator puts arrays where they fall; on
# cache line boundaries the vectors do not straddle lines.
file(GLOB headers ${DIRECTORY}/${PREFIX}___024root*.h)
foreach(header IN LISTS headers)
  file(READ ${header} text)
  string(REGEX REPLACE "\n( +)VlUnpacked<" "\n\\1alignas(64) VlUnpacked<" text "${text}")
  file(WRITE ${header} "${text}")
endforeach()

file(GLOB sources RELATIVE ${DIRECTORY} ${DIRECTORY}/${PREFIX}*.cpp)
list(SORT sources)
set(text "")
foreach(source IN LISTS sources)
  string(APPEND text "#include \"${source}\"\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
