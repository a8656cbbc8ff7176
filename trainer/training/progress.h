// The progress line: one line that renews itself on a terminal, plain lines now and then elsewhere.
//
//   step  1200/2000   loss 1.873   val 1.921   41,200 tokens/s   62 % of the ceiling   0:14 left
//
// Called by training/trainer.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace seedling {

class Progress {
 public:
  /// `quiet`: nothing is printed.
  explicit Progress(bool quiet);

  struct Line {
    int64_t step = 0, steps = 0;
    double loss = 0.0, score = 0.0;  // score: of the last evaluation
    const char* score_name = "";     // "" before the first
    double tokens_per_second = 0.0, mfu = 0.0, seconds_left = 0.0;
  };
  /// Renews the line (terminal: ten times a second; else every twentieth of the run, or when `important`).
  void update(const Line& line, bool important);
  /// A message that stays.
  void say(const std::string& message);

 private:
  void clear();

  bool quiet_, terminal_, drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
  int64_t last_twentieth_ = -1;
};

/// "1:05:09", "3:20".
std::string clock_text(double seconds);

}  // namespace seedling
