// Text that comes token by token (see text_stream.h).
#include "web/server/text_stream.h"

#include <algorithm>

#include "base/files.h"

namespace seedling::server {

size_t unfinished_bytes(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const unsigned char c = static_cast<unsigned char>(text[text.size() - back]);
    if (c < 0x80) return 0;
    if (c >= 0xC0) {  // a lead byte: how many bytes does its character have?
      const size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

std::string TextStream::release(size_t count) {
  std::string part = replace_invalid_utf8(std::string_view(held_).substr(0, count));
  held_.erase(0, count);
  if (skip_space_ && !part.empty()) {
    if (part[0] == ' ') part.erase(0, 1);
    skip_space_ = false;
  }
  text_ += part;
  return part;
}

std::string TextStream::push(std::string_view bytes) {
  if (stopped_) return "";
  held_ += bytes;
  size_t first = std::string::npos;
  for (const std::string& stop : stops_) {
    if (!stop.empty()) first = std::min(first, held_.find(stop));
  }
  if (first != std::string::npos) {
    stopped_ = true;
    std::string part = release(first);
    held_.clear();
    return part;
  }
  size_t back = unfinished_bytes(held_);
  for (const std::string& stop : stops_) {  // the longest end of the text that begins a stop text
    for (size_t n = std::min(stop.size(), held_.size()); n > back; --n) {
      if (held_.compare(held_.size() - n, n, stop, 0, n) == 0) back = n;
    }
  }
  return release(held_.size() - back);
}

std::string TextStream::finish() { return stopped_ ? "" : release(held_.size()); }

}  // namespace seedling::server
