// Looking up the files inside the binary (see assets.h).
#include "web/server/assets.h"

namespace seedling::server {

const Asset* find_asset(std::string_view path) {
  if (path == "/" || path == "/index.html") path = "/page/index.html";
  if (path == "/favicon.ico") path = "/page/icon.svg";
  if (path == "/vendor/chart.js") return &chart_files().front();
  if (path == "/vendor/marked.js") return &marked_files().front();
  for (const auto* files : {&page_files(), &lesson_files(), &source_files()}) {
    for (const Asset& asset : *files) {
      if (asset.path == path) return &asset;
    }
  }
  return nullptr;
}

std::string asset_type(std::string_view path) {
  constexpr std::pair<std::string_view, const char*> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".png", "image/png"},
  };
  if (path.rfind("/source/", 0) != 0) {
    for (const auto& [ending, type] : kTypes) {
      if (path.size() > ending.size() && path.substr(path.size() - ending.size()) == ending) return type;
    }
  }
  return "text/plain; charset=utf-8";
}

}  // namespace seedling::server
