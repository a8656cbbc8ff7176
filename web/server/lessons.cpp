// GET /api/lessons: what there is to learn. The texts and experiments themselves are files inside the binary
// (/lessons/NAME/lesson.md), whose format is lessons/README.md's.
#include "web/server/app.h"
#include "web/server/assets.h"

namespace seedling::server {

namespace {

constexpr std::string_view kFolder = "/lessons/", kText = "/lesson.md";

/// The first paragraph below the title, on one line.
std::string first_paragraph(std::string_view text) {
  size_t begin = text.find('\n');
  while (begin < text.size() && text[begin] == '\n') ++begin;
  std::string words(text.substr(std::min(begin, text.size())));
  words = words.substr(0, words.find("\n\n"));
  for (char& c : words)
    if (c == '\n') c = ' ';
  return words;
}

}  // namespace

void get_lessons(const Call& call) {
  nlohmann::json lessons = nlohmann::json::array();
  for (const Asset& asset : lesson_files()) {
    const std::string_view path = asset.path;
    if (path.size() < kText.size() || path.substr(path.size() - kText.size()) != kText) continue;
    const std::string_view title = asset.bytes.substr(0, asset.bytes.find('\n'));
    lessons.push_back(
        {{"name", std::string(path.substr(kFolder.size(), path.size() - kFolder.size() - kText.size()))},
         {"title", std::string(title.substr(std::min<size_t>(2, title.size())))},  // without "# "
         {"words", first_paragraph(asset.bytes)}});
  }
  call.reply({{"lessons", lessons}});
}

}  // namespace seedling::server
