# The version of the code that made a run: `git describe` when this is a git checkout, the release's number otherwise.
set(code_version "${PROJECT_VERSION}")
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${CMAKE_SOURCE_DIR} describe --always --dirty
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(commit)
    string(APPEND code_version "+${commit}")
  endif()
endif()
set_source_files_properties(${CMAKE_SOURCE_DIR}/trainer/training/run_directory.cpp PROPERTIES COMPILE_DEFINITIONS
  "SEEDLING_CODE_VERSION=\"${code_version}\"")
