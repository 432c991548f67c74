# cmake -DDIRECTORY=... -DPREFIX=... -DOUTPUT=... -P join_sources.cmake: writes OUTPUT, which
# includes every PREFIX*.cpp of DIRECTORY in sorted order.
file(GLOB sources RELATIVE ${DIRECTORY} ${DIRECTORY}/${PREFIX}*.cpp)
list(SORT sources)
set(text "")
foreach(source IN LISTS sources)
  string(APPEND text "#include \"${source}\"\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
