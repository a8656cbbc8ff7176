// Text that comes token by token: whole characters only, and nothing that may turn out to be a stop text.
//
// Called by: playground (generate), openai.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace seedling::server {

class TextStream {
 public:
  explicit TextStream(std::vector<std::string> stops = {}, bool skip_space = false)
      : stops_(std::move(stops)), skip_space_(skip_space) {}

  /// Adds bytes and returns what can be shown now: invalid UTF-8 replaced, an unfinished character and a
  /// possible beginning of a stop text held back.
  std::string push(std::string_view bytes);
  /// What was held back, at the end of the generation.
  std::string finish();
  /// A stop text has come; it and what follows are never returned.
  bool stopped() const { return stopped_; }
  /// All that was returned so far.
  const std::string& text() const { return text_; }

 private:
  std::string release(size_t count);

  std::vector<std::string> stops_;
  std::string held_, text_;
  bool stopped_ = false;
  bool skip_space_;  // drop a blank at the very beginning
};

/// Bytes at the end of the text that begin a UTF-8 character but do not end it (0 to 3).
size_t unfinished_bytes(std::string_view text);

}  // namespace seedling::server
