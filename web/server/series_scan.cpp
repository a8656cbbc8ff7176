// The quick scanner of metrics.jsonl (see series.h): a million lines in well under a second, so that the
// first plot of a long run does not wait for a general JSON parser.
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "web/server/series.h"

namespace seedling::server {

namespace {

/// One `"key": number` pair after the other; keys without escapes, no nesting. Anything else makes it give
/// up.
class LineScanner {
 public:
  explicit LineScanner(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  struct Pair {
    std::string_view key;
    double value;
    bool is_number;
  };

  /// False when the line is not of this simple kind; `pairs` is then worthless.
  bool scan(std::vector<Pair>& pairs) {
    pairs.clear();
    if (!take('{')) return false;
    if (take('}')) return at_end();
    do {
      Pair pair{};
      if (!string(pair.key) || !take(':') || !value(pair)) return false;
      pairs.push_back(pair);
    } while (take(','));
    return take('}') && at_end();
  }

 private:
  void blanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    blanks();
    return at_ == end_;
  }
  bool string(std::string_view& text) {
    if (!take('"')) return false;
    const char* quote = static_cast<const char*>(std::memchr(at_, '"', static_cast<size_t>(end_ - at_)));
    if (quote == nullptr) return false;
    text = std::string_view(at_, static_cast<size_t>(quote - at_));
    at_ = quote + 1;
    return text.find('\\') == std::string_view::npos;
  }
  bool word(std::string_view expected) {
    if (static_cast<size_t>(end_ - at_) < expected.size() ||
        std::memcmp(at_, expected.data(), expected.size()) != 0) {
      return false;
    }
    at_ += expected.size();
    return true;
  }
  bool value(Pair& pair) {
    blanks();
    if (at_ == end_) return false;
    if (*at_ == '"') {
      std::string_view ignored;
      return string(ignored);
    }
    if (*at_ == 'n') return word("null");
    if (*at_ == 't') return word("true");
    if (*at_ == 'f') return word("false");
    if (*at_ == 'N') return word("NaN");  // not JSON, but some programs write it
    pair.is_number = true;
    if (short_decimal(pair.value)) return true;
    const auto [stop, error] = std::from_chars(at_, end_, pair.value);
    if (error != std::errc() || stop == at_ || !(stop[-1] >= '0' && stop[-1] <= '9'))
      return false;  // also: inf, nan
    at_ = stop;
    return true;
  }
  /// The usual short number, exactly and three times as fast as from_chars: an integer below 2^53 and a power
  /// of ten up to 10^22 are doubles without error, so their quotient is rounded once (Clinger, How to Read
  /// Floating Point Numbers Accurately, 1990). False, with nothing read, for any other.
  bool short_decimal(double& value) {
    static constexpr double kPowers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char* at = at_;
    const bool negative = *at == '-';
    at += negative;
    const char* const first = at;
    uint64_t digits = 0;
    const auto take_digits = [&] {
      const char* const begin = at;
      for (; at < end_ && static_cast<unsigned char>(*at - '0') < 10; ++at)
        digits = 10 * digits + static_cast<uint64_t>(*at - '0');
      return at - begin;
    };
    const ptrdiff_t whole = take_digits();
    ptrdiff_t decimals = 0;
    if (at < end_ && *at == '.') {
      ++at;
      decimals = take_digits();
      if (decimals == 0) return false;
    }
    if (whole == 0 || at - first > 16 || whole + decimals > 15) return false;
    if (at < end_ && (*at == 'e' || *at == 'E')) return false;
    value = static_cast<double>(digits) / kPowers[decimals];
    if (negative) value = -value;
    at_ = at;
    return true;
  }

  const char* at_;
  const char* end_;
};

void add_line(SeriesIndex& index, const std::vector<LineScanner::Pair>& pairs) {
  for (const auto& step : pairs) {
    if (step.key != "step" || !step.is_number || !(step.value >= 0 && step.value < 1e15)) continue;
    index.begin_line(static_cast<int64_t>(step.value));
    for (const auto& pair : pairs) {
      if (pair.is_number) index.add(pair.key, pair.value);
    }
    return;
  }
}

}  // namespace

void scan_metrics(SeriesIndex& index, std::string_view text) {
  std::vector<LineScanner::Pair> pairs;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!LineScanner(line).scan(pairs)) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_object()) continue;
      pairs.clear();
      for (auto it = json.begin(); it != json.end(); ++it) {
        if (it->is_number()) pairs.push_back({it.key(), it->get<double>(), true});
      }
      add_line(index, pairs);
      continue;
    }
    add_line(index, pairs);
  }
}

}  // namespace seedling::server
