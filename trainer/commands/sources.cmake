# The program's version is compiled into one file only.
set_source_files_properties(${CMAKE_SOURCE_DIR}/trainer/commands/commands.cpp PROPERTIES COMPILE_DEFINITIONS
  "SEEDLING_VERSION=\"${PROJECT_VERSION}\"")
