// Encoding piece by piece: see encode.h.
#include "data/encode.h"

#include <nlohmann/json.hpp>

namespace seedling {
namespace {

/// Does a text's beginning change its ids (add_prefix_space, Metaspace, a Prepend normalizer)?
bool marks_beginnings(const Tokenizer& tokenizer) {
  const nlohmann::json& json = tokenizer.tokenizer_json();
  if (!json.is_object()) return false;
  const std::string text = json.value("pre_tokenizer", nlohmann::json()).dump(-1, ' ', true) +
                           json.value("normalizer", nlohmann::json()).dump(-1, ' ', true);
  return text.find("\"add_prefix_space\":true") != text.npos || text.find("Metaspace") != text.npos ||
         text.find("Prepend") != text.npos;
}

/// The first safe end at or behind `from`; the text's end if there is none.
size_t safe_end(std::string_view text, size_t from) {
  for (size_t at = from; at < text.size(); ++at) {
    if (text[at] == '\n' && at > 0 && text[at - 1] > ' ' && text[at - 1] < 0x7F) return at;
  }
  return text.size();
}

}  // namespace

void encode_pieces(const Tokenizer& tokenizer, std::string_view text,
                   const std::function<void(const std::vector<int32_t>&)>& take, size_t piece) {
  if (marks_beginnings(tokenizer)) piece = text.size();
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = safe_end(text, std::min(text.size(), begin + piece));
    take(tokenizer.encode(text.substr(begin, end - begin)));
    begin = end;
  }
}

}  // namespace seedling
