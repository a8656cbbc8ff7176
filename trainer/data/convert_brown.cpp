// The Brown corpus without its tags: see convert.h.
//
// A text is a list of word/tag pairs, one sentence a line; an empty line stands between paragraphs, `` and ''
// are quotation marks, and a semicolon, question mark or exclamation mark appears twice where it also ends a
// clause.
#include <sstream>

#include "data/convert.h"

namespace seedling {
namespace {

bool joins_left(const std::string& word) {  // no space in front
  return word == "," || word == "." || word == ";" || word == ":" || word == "?" || word == "!" ||
         word == ")" || word == "''" || word == "'";
}

bool joins_right(const std::string& word) { return word == "(" || word == "``"; }

}  // namespace

std::string untag_brown(const std::string& tagged) {
  std::string text;
  std::istringstream lines(tagged);
  bool paragraph = false;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream pairs(line);
    std::string last;
    bool began = false, glue = false;
    for (std::string pair; pairs >> pair;) {
      const size_t slash = pair.rfind('/');
      const std::string word = slash == 0 || slash == pair.npos ? pair : pair.substr(0, slash);
      const bool stop = word == ";" || word == "?" || word == "!" || word == ":";
      if (stop && word == last) continue;
      if (word == "." && text.ends_with('.')) continue;  // behind an abbreviation
      if (!began) {
        if (!text.empty()) text += paragraph ? "\n\n" : " ";
        began = true;
      } else if (!glue && !joins_left(word)) {
        text += ' ';
      }
      text += word == "``" || word == "''" ? "\"" : word;
      glue = joins_right(word);
      last = word;
    }
    paragraph = !began;
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace seedling
