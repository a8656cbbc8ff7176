// A dictd file of the Collaborative International Dictionary of English as readable entries: see convert.h.
//
// An entry begins in the first column, with a word between whose spelling and part of speech its
// pronunciation stands between backslashes; what belongs to it is indented. Behind each piece its source is
// named in square brackets, which also hold letters that ASCII lacks ("[oe]", "[=a]") and labels of use
// ("[Obs.]").
#include <algorithm>
#include <cctype>

#include "base/files.h"
#include "data/convert.h"

namespace seedling {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// What stands between square brackets, as read aloud: letters are themselves, a degree is a word, a short
/// label of use keeps its brackets; sources, forms and the word's history are nothing.
std::string bracketed(std::string_view inside) {
  constexpr size_t kLabel = 12;  // "[Prov. Eng.]"
  for (const std::string_view source : {"Webster", "PJC", "WordNet", "Century Dict"})
    if (inside.find(source) != inside.npos) return "";
  if (inside == "deg") return " degrees";
  if (inside.size() > kLabel) return "";
  const bool is_spelling = inside.size() <= 3 && inside.find('.', 1) == inside.npos;
  if (!is_spelling) return "[" + std::string(inside) + "]";
  std::string letters;
  std::copy_if(inside.begin(), inside.end(), std::back_inserter(letters), is_letter);
  return letters;
}

/// Where the bracket opened at `open` is closed, one inside another counted; npos where it is not.
size_t closing_bracket(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    depth += text[at] == '[' ? 1 : text[at] == ']' ? -1 : 0;
    if (depth == 0) return at;
  }
  return text.npos;
}

/// Is it a pronunciation? "(b[a^]d)" and "(r?*fr?sh")" are; "(Law)" and "(a person)" are not.
bool is_spoken(std::string_view inside) {
  return inside.find_first_of("\"^*?=`") != inside.npos && inside.find(' ') == inside.npos;
}

/// One paragraph on one line, without pronunciations, marks of links and sources.
std::string plain(std::string_view text) {
  std::string line;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const size_t end = c == '['    ? closing_bracket(text, at)
                       : c == '\\' ? text.find('\\', at + 1)
                       : c == '('  ? text.find(')', at + 1)
                                   : text.npos;
    const std::string_view inside = end == text.npos ? "" : text.substr(at + 1, end - at - 1);
    if (end != text.npos && c == '\\') {
      at = end;
    } else if (end != text.npos && c == '[') {
      line += bracketed(inside);
      at = end;
    } else if (end != text.npos && c == '(' && is_spoken(inside)) {
      at = end;
    } else if (c == ' ' || c == '\n' || c == '\t') {
      if (!line.empty() && line.back() != ' ') line += ' ';
    } else if (c != '{' && c != '}' && c != '\r') {
      while ((c == ',' || c == '.') && line.ends_with(' ')) line.pop_back();
      line += c;
    }
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

/// An entry's paragraphs, a line each. The word that stands behind the last source is the next entry's.
std::string entry_text(std::string_view entry) {
  std::string text;
  const size_t last = entry.rfind(']');
  if (last != entry.npos && entry.find('.', last) == entry.npos) entry = entry.substr(0, last + 1);
  for (size_t at = 0; at < entry.size();) {
    const size_t end = std::min(entry.find("\n\n", at), entry.size());
    const std::string line = plain(entry.substr(at, end - at));
    if (!line.empty()) text += line + "\n";
    at = end + 2;
  }
  return text;
}

}  // namespace

std::vector<std::string> gcide_entries(const std::string& dictionary) {
  constexpr size_t kShortest = 40;  // bytes; below are mere references to another spelling
  const std::string sound = replace_invalid_utf8(dictionary);
  std::vector<std::string> entries;
  size_t begin = sound.npos;
  const auto finish = [&](size_t end) {
    if (begin == sound.npos) return;
    std::string text = entry_text(std::string_view(sound).substr(begin, end - begin));
    if (text.size() >= kShortest) entries.push_back(std::move(text));
  };
  for (size_t at = 0; at < sound.size();) {
    const size_t end = std::min(sound.find('\n', at), sound.size());
    const std::string_view line = std::string_view(sound).substr(at, end - at);
    if (!line.empty() && line[0] != ' ' && std::count(line.begin(), line.end(), '\\') >= 2) {
      finish(at);
      begin = at;
    }
    at = end + 1;
  }
  finish(sound.size());
  return entries;
}

}  // namespace seedling
