# zlib (optional) opens .gz texts; the recipes of datasets/ are compiled in, so the program needs no folder beside it.
find_package(ZLIB QUIET)
if(ZLIB_FOUND)
  list(FILTER sources EXCLUDE REGEX "gzip_none\\.cpp$")
  list(APPEND libraries ZLIB::ZLIB)
else()
  list(FILTER sources EXCLUDE REGEX "gzip_zlib\\.cpp$")
endif()

file(GLOB recipes CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/datasets/*/recipe.json)
list(SORT recipes)
set(recipe_texts "")
foreach(recipe ${recipes})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${recipe})
  file(READ ${recipe} text)
  string(APPEND recipe_texts "      R\"recipe(${text})recipe\",\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/embedded_recipes.cpp @ONLY CONTENT
"// Made by trainer/data/sources.cmake from datasets/*/recipe.json.
#include <vector>

namespace seedling {
const std::vector<const char*>& embedded_recipes() {
  static const std::vector<const char*> texts = {
@recipe_texts@  };
  return texts;
}
}  // namespace seedling
")
list(APPEND sources ${CMAKE_BINARY_DIR}/generated/embedded_recipes.cpp)
