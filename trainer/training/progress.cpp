// Writes to standard error (see progress.h).
#include "training/progress.h"

#include <unistd.h>

#include <cstdio>

namespace seedling {

std::string clock_text(double seconds) {
  const int64_t whole = static_cast<int64_t>(seconds + 0.5);
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(whole / 3600),
                  static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(whole / 60),
                  static_cast<long long>(whole % 60));
  }
  return text;
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void Progress::update(const Line& line, bool important) {
  if (quiet_) return;
  const auto now = std::chrono::steady_clock::now();
  const bool last = line.step >= line.steps;
  if (terminal_) {
    if (!important && !last && now - last_ < std::chrono::milliseconds(100)) return;
  } else {
    const int64_t twentieth = line.steps > 0 ? line.step * 20 / line.steps : 0;
    if (!important && twentieth == last_twentieth_) return;
    last_twentieth_ = twentieth;
  }
  last_ = now;
  clear();
  char score[48] = "", speed[96] = "";
  if (line.score_name[0] != '\0')
    std::snprintf(score, sizeof score, "   %s %.4f", line.score_name, line.score);
  std::snprintf(speed, sizeof speed, "   %.0f tokens/s", line.tokens_per_second);
  std::fprintf(stderr, "step %lld/%lld   loss %.4f%s%s   %.0f %% of the ceiling   %s left%s",
               static_cast<long long>(line.step), static_cast<long long>(line.steps), line.loss, score, speed,
               100.0 * line.mfu, clock_text(line.seconds_left).c_str(), terminal_ ? "" : "\n");
  drawn_ = terminal_;
  std::fflush(stderr);
}

void Progress::say(const std::string& message) {
  if (quiet_) return;
  clear();
  std::fprintf(stderr, "%s\n", message.c_str());
}

}  // namespace seedling
