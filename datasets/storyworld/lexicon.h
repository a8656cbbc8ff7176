// The free words of Storyworld: named lists of interchangeable words and phrases.
//
// Where a sentence shape says <hobby>, the Chooser takes one entry of the list "hobby". A name that ends in
// '@' stands for four lists, one a season. Called by the Teller.
#pragma once

#include <string_view>
#include <vector>

namespace seedling::storyworld {

struct WordList {
  size_t number = 0;  ///< position in the table, to remember the last entry used
  std::vector<std::string_view> words;
};

/// The list of that name. Throws std::logic_error if there is none.
const WordList& word_list(std::string_view name);
/// How many lists there are.
size_t word_list_count();

}  // namespace seedling::storyworld
