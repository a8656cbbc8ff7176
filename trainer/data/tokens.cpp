// Documents to token files, and prompts: steps of prepare_data, see prepare.h.
#include <algorithm>

#include "base/error.h"
#include "data/encode.h"
#include "data/prepare.h"
#include "data/token_writer.h"

namespace seedling {
namespace {

/// What stands between two documents: one special token, or else two line breaks.
std::vector<int32_t> document_end(const Tokenizer& tokenizer, int64_t& text_bytes) {
  const SpecialTokens& special = tokenizer.special();
  text_bytes = 0;
  if (special.eos >= 0) return {special.eos};
  if (special.sep >= 0) return {special.sep};
  const std::vector<int32_t> breaks = tokenizer.encode("\n\n");
  if (tokenizer.decode(breaks) != "\n\n") return {};
  text_bytes = 2;
  return breaks;
}

}  // namespace

void write_tokens(const Corpus& corpus, const std::vector<Document>& documents, const Tokenizer& tokenizer,
                  const std::filesystem::path& path) {
  TokenWriter writer(path, tokenizer.vocab_size());
  int64_t end_bytes = 0;
  const std::vector<int32_t> end = document_end(tokenizer, end_bytes);
  const bool several = corpus.documents.size() > 1;
  for_each_document(corpus, documents, [&](const Document& document, std::string_view text) {
    encode_pieces(tokenizer, text, [&](const std::vector<int32_t>& ids) { writer.add(ids); });
    writer.add_text_bytes(static_cast<int64_t>(text.size()));
    if (several && document.whole) {
      writer.add(end);
      writer.add_text_bytes(end_bytes);
    }
  });
  writer.finish();
}

void write_raw_tokens(const std::filesystem::path& text, const Tokenizer& tokenizer,
                      const std::filesystem::path& scratch, const std::filesystem::path& path) {
  Corpus corpus = open_corpus(text, scratch, nullptr);
  if (!std::filesystem::is_directory(text)) {
    corpus.documents = {{0, 0, std::filesystem::file_size(corpus.files[0])}};
  }
  write_tokens(corpus, corpus.documents, tokenizer, path);
}

std::vector<std::string> find_prompts(const Corpus& corpus, const std::vector<Document>& documents,
                                      size_t count) {
  // Some words from the front of a text: four of them, fewer where they are long.
  const auto beginning = [](std::string_view text) {
    size_t at = 0, words = 0;
    while (at < text.size() && at < 40 && text[at] != '\n') {
      if (text[at] == ' ' && ++words == 4) break;
      ++at;
    }
    if (at < text.size() && text[at] != ' ' && text[at] != '\n') {  // within a word: leave it out
      const size_t space = text.substr(0, at).rfind(' ');
      if (space != text.npos) at = space;
      while (at > 0 && (text[at] & 0xC0) == 0x80) --at;  // a script without spaces: whole characters
    }
    return std::string(text.substr(0, at));
  };
  std::vector<std::string> prompts;
  const auto keep = [&](std::string_view text) {
    std::string prompt = beginning(text);
    if (prompt.size() < 3 || std::find(prompts.begin(), prompts.end(), prompt) != prompts.end()) return false;
    prompts.push_back(std::move(prompt));
    return true;
  };
  const auto next_line = [](std::string_view text, size_t at) {
    at = text.find('\n', at);
    return at == text.npos ? at : text.find_first_not_of(" \t\r\n", at);
  };
  const size_t picks = std::min(count, documents.size());
  std::vector<Document> chosen;
  for (size_t i = 0; i < picks; ++i) chosen.push_back(documents[i * documents.size() / picks]);
  for_each_document(corpus, chosen, [&](const Document&, std::string_view text) {
    // Evenly spaced lines of a long text, the first words of a short one. A text that was cut begins within a
    // line.
    const size_t places = (count + picks - 1) / picks;
    for (size_t i = 0; i < places && prompts.size() < count; ++i) {
      size_t at = text.size() * i / places;
      if (places > 1) at = next_line(text, at);
      while (at != text.npos && !keep(text.substr(at))) at = next_line(text, at);
    }
    if (prompts.empty()) keep(text);
  });
  return prompts;
}

}  // namespace seedling
