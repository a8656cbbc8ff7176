# The server's libraries, and the files that are built into the binary: the page, Chart.js, and the program's own sources
# (so that the page can show the lines that compute what it shows, with no network).

find_path(CPP_HTTPLIB_INCLUDE httplib.h)
if(NOT CPP_HTTPLIB_INCLUDE)
  message(FATAL_ERROR "cpp-httplib is missing (httplib.h). Debian and Ubuntu: apt install libcpp-httplib-dev; macOS: "
                      "brew install cpp-httplib; or give -DCPP_HTTPLIB_INCLUDE=FOLDER.")
endif()
list(APPEND includes ${CPP_HTTPLIB_INCLUDE})
# Debian packages it as a compiled library, others as a header that holds it all: then there is nothing to link.
file(STRINGS ${CPP_HTTPLIB_INCLUDE}/httplib.h httplib_inside REGEX "^inline bool Server::listen_after_bind" LIMIT_COUNT 1)
if(NOT httplib_inside)
  find_library(CPP_HTTPLIB_LIBRARY cpp-httplib REQUIRED)
  list(APPEND libraries ${CPP_HTTPLIB_LIBRARY})
endif()

# Chart.js 3.9.1 as Debian 12 and Ubuntu 24.04 package it (libjs-chart.js); elsewhere npm's chart.js 3.9.1.
set(SEEDLING_CHART_JS_VERSION 3.9.1)
find_file(CHART_JS NAMES chart.min.js chart.js
  PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist
        ${CMAKE_SOURCE_DIR}/build/chart.js/package/dist ${CMAKE_SOURCE_DIR}/node_modules/chart.js/dist
  NO_DEFAULT_PATH)
if(NOT CHART_JS)
  message(FATAL_ERROR "Chart.js is missing. Debian and Ubuntu: apt install libjs-chart.js; elsewhere: "
                      "npm pack chart.js@${SEEDLING_CHART_JS_VERSION}, unpack it, and give "
                      "-DCHART_JS=package/dist/chart.min.js.")
endif()
file(READ ${CHART_JS} chart_head LIMIT 200)
if(NOT chart_head MATCHES "Chart.js v3\\.9\\.")
  message(FATAL_ERROR "${CHART_JS} is not Chart.js ${SEEDLING_CHART_JS_VERSION}; give another with -DCHART_JS=FILE.")
endif()

# A run of a million lines is scanned before its first plot: the one place in this room where speed is felt.
set_source_files_properties(${CMAKE_SOURCE_DIR}/web/server/series.cpp ${CMAKE_SOURCE_DIR}/web/server/series_scan.cpp
  PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O2> SKIP_UNITY_BUILD_INCLUSION ON)

# marked, the Markdown parser of the lessons' texts, as Debian and Ubuntu package it (libjs-marked); elsewhere npm's.
set(SEEDLING_MARKED_VERSION 4.2.3)
find_file(MARKED_JS NAMES marked.min.js
  PATHS /usr/share/javascript/marked ${CMAKE_SOURCE_DIR}/build/marked/package ${CMAKE_SOURCE_DIR}/node_modules/marked
  NO_DEFAULT_PATH)
if(NOT MARKED_JS)
  message(FATAL_ERROR "marked is missing. Debian and Ubuntu: apt install libjs-marked; elsewhere: npm pack "
                      "marked@${SEEDLING_MARKED_VERSION}, unpack it, and give -DMARKED_JS=package/marked.min.js.")
endif()
file(READ ${MARKED_JS} marked_head LIMIT 200)
if(NOT marked_head MATCHES "marked - a markdown parser")
  message(FATAL_ERROR "${MARKED_JS} is not marked; give another with -DMARKED_JS=FILE.")
endif()

file(GLOB_RECURSE page_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/web/page ${CMAKE_SOURCE_DIR}/web/page/*)
file(GLOB_RECURSE source_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
     ${CMAKE_SOURCE_DIR}/trainer/*.h ${CMAKE_SOURCE_DIR}/trainer/*.cpp ${CMAKE_SOURCE_DIR}/trainer/*.cu
     ${CMAKE_SOURCE_DIR}/web/server/*.h ${CMAKE_SOURCE_DIR}/web/server/*.cpp
     ${CMAKE_SOURCE_DIR}/datasets/*.h ${CMAKE_SOURCE_DIR}/datasets/*.cpp ${CMAKE_SOURCE_DIR}/datasets/*.md
     ${CMAKE_SOURCE_DIR}/trainer/*.md)

file(GLOB lesson_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
     ${CMAKE_SOURCE_DIR}/lessons/*/*.md ${CMAKE_SOURCE_DIR}/lessons/*/*.json ${CMAKE_SOURCE_DIR}/lessons/*/*.txt
     ${CMAKE_SOURCE_DIR}/lessons/*/*.jsonl)

# embed_files(NAME BASE PREFIX FILE...): NAME.cpp with each BASE/FILE as a string under the path PREFIX/FILE.
function(seedling_embed name base prefix)
  set(output ${CMAKE_BINARY_DIR}/embedded/${name}.cpp)
  set(list_file ${CMAKE_BINARY_DIR}/embedded/${name}.list)
  string(REPLACE ";" "\n" lines "${ARGN}")
  file(GENERATE OUTPUT ${list_file} CONTENT "${lines}\n")
  set(inputs "")
  foreach(file ${ARGN})
    list(APPEND inputs ${base}/${file})
  endforeach()
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DBASE=${base} -DPREFIX=${prefix} -DLIST=${list_file} -DOUTPUT=${output}
            -P ${CMAKE_SOURCE_DIR}/web/server/embed.cmake
    DEPENDS ${inputs} ${list_file} ${CMAKE_SOURCE_DIR}/web/server/embed.cmake
    COMMENT "Embedding ${name}" VERBATIM)
  set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)  # they use the same names
  set(sources ${sources} ${output} PARENT_SCOPE)
endfunction()

get_filename_component(chart_folder ${CHART_JS} DIRECTORY)
get_filename_component(chart_name ${CHART_JS} NAME)
seedling_embed(page_files ${CMAKE_SOURCE_DIR}/web/page /page/ ${page_files})
get_filename_component(marked_folder ${MARKED_JS} DIRECTORY)
get_filename_component(marked_name ${MARKED_JS} NAME)
seedling_embed(chart_files ${chart_folder} /vendor/ ${chart_name})
seedling_embed(marked_files ${marked_folder} /vendor/ ${marked_name})
seedling_embed(lesson_files ${CMAKE_SOURCE_DIR} / ${lesson_files})
seedling_embed(source_files ${CMAKE_SOURCE_DIR} /source/ ${source_files})
