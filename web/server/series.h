// Long series, honestly thinned: every point is kept, and a query answers with buckets of (min, max, last).
//
// A bucket holds 2^k successive points of a key and begins at a multiple of 2^k, so buckets that are full
// never change when points are appended: a curve on the screen does not shimmer while it grows, and no spike
// is ever lost. Called by: run_store (append), routes (query).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace seedling::server {

class SeriesIndex {
 public:
  SeriesIndex() = default;
  SeriesIndex(const SeriesIndex&) = delete;
  SeriesIndex& operator=(const SeriesIndex&) = delete;
  SeriesIndex(SeriesIndex&&) = default;
  SeriesIndex& operator=(SeriesIndex&&) = default;

  struct Row {
    int64_t step;  // of the bucket's last point
    double min, max, last;
  };
  struct Answer {
    int64_t bucket = 1;  // points in a full bucket
    int64_t count = 0;   // points within the range
    std::vector<Row> rows;
  };

  /// About so many lines will come in all: memory for them is set aside at once.
  void expect(size_t lines);
  /// Begins a line of metrics. A step before the last one goes back: the lines from there on are forgotten
  /// first.
  void begin_line(int64_t step);
  /// A value of the line just begun (again: replaces it). Values that are not finite are left out.
  void add(std::string_view key, double value);

  bool has(std::string_view key) const { return columns_.find(key) != columns_.end(); }
  std::vector<std::string> keys() const;
  /// The newest value of each key: evaluations are rarer than steps.
  std::map<std::string, double> latest() const;
  int64_t lines() const { return static_cast<int64_t>(steps_.size()); }
  int64_t last_step() const { return steps_.empty() ? -1 : steps_.back(); }
  /// At most `points` rows, at least half as many where there are so many points, of the points with from <=
  /// step <= to.
  Answer query(std::string_view key, int64_t from, int64_t to, int64_t points) const;
  size_t bytes() const;

 private:
  struct Extremes {
    double min = std::numeric_limits<double>::infinity(), max = -min;
    void join(double lower, double upper) {
      min = lower < min ? lower : min;
      max = upper > max ? upper : max;
    }
  };
  static constexpr int kFirstLevel = 3;  // smaller buckets are computed from the points
  struct Column {
    std::vector<double> values;
    std::vector<uint32_t> lines;                // of each value; empty while every line so far has one
    std::vector<std::vector<Extremes>> levels;  // levels[i]: full buckets of 2^(i + kFirstLevel) points
    void push(double value);
    void cut(size_t points);
    size_t line_of(size_t point) const { return lines.empty() ? point : lines[point]; }
    Extremes extremes(size_t begin, size_t end) const;
  };

  Column& column_of(std::string_view key);

  std::vector<int64_t> steps_;  // of each line
  size_t expected_ = 0;
  std::map<std::string, Column, std::less<>> columns_;
  // Lines name their keys in the same order, line after line: the columns in that order, and the place in it.
  std::vector<std::pair<const std::string, Column>*> order_;
  size_t place_ = 0;
};

/// Reads lines of metrics.jsonl into an index: flat objects of numbers by a quick scanner, anything else by
/// the JSON library; a line that is not JSON is left out. `text` holds whole lines.
void scan_metrics(SeriesIndex& index, std::string_view text);

}  // namespace seedling::server
