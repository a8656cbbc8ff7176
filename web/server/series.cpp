// Series (see series.h): appending keeps a pyramid of full buckets; a query walks it.
#include "web/server/series.h"

#include <algorithm>
#include <cmath>

namespace seedling::server {

void SeriesIndex::Column::push(double value) {
  values.push_back(value);
  for (size_t level = 0;; ++level) {
    const size_t bucket = size_t{1} << (level + kFirstLevel);
    if ((values.size() & (bucket - 1)) != 0) return;
    if (levels.size() <= level) levels.emplace_back();
    Extremes joined;
    if (level == 0) {
      for (size_t i = values.size() - bucket; i < values.size(); ++i) joined.join(values[i], values[i]);
    } else {  // the two halves, which have just become full
      const auto& halves = levels[level - 1];
      for (size_t i = halves.size() - 2; i < halves.size(); ++i) joined.join(halves[i].min, halves[i].max);
    }
    levels[level].push_back(joined);
  }
}

void SeriesIndex::Column::cut(size_t points) {
  values.resize(points);
  if (!lines.empty()) lines.resize(points);
  for (size_t level = 0; level < levels.size(); ++level)
    levels[level].resize(points >> (level + kFirstLevel));
}

/// Extremes of the points [begin, end), from the largest full buckets that fit.
SeriesIndex::Extremes SeriesIndex::Column::extremes(size_t begin, size_t end) const {
  Extremes result;
  while (begin < end) {
    size_t level = levels.size();
    for (; level > 0; --level) {
      const int shift = static_cast<int>(level) - 1 + kFirstLevel;
      const size_t bucket = begin >> shift;
      if (begin == bucket << shift && ((bucket + 1) << shift) <= end && bucket < levels[level - 1].size())
        break;
    }
    if (level == 0) {
      result.join(values[begin], values[begin]);
      ++begin;
    } else {
      const int shift = static_cast<int>(level) - 1 + kFirstLevel;
      const Extremes& bucket = levels[level - 1][begin >> shift];
      result.join(bucket.min, bucket.max);
      begin += size_t{1} << shift;
    }
  }
  return result;
}

void SeriesIndex::expect(size_t lines) {
  expected_ = lines;
  steps_.reserve(lines);
  for (auto& [key, column] : columns_) column.values.reserve(lines);
}

void SeriesIndex::begin_line(int64_t step) {
  place_ = 0;
  if (!steps_.empty() && step == steps_.back())
    return;  // a second line about the step: its values join the first's
  if (!steps_.empty() && step < steps_.back()) {
    const size_t kept =
        static_cast<size_t>(std::lower_bound(steps_.begin(), steps_.end(), step) - steps_.begin());
    steps_.resize(kept);
    for (auto& [key, column] : columns_) {
      const auto& lines = column.lines;
      const size_t points =
          lines.empty()
              ? std::min(kept, column.values.size())
              : static_cast<size_t>(std::lower_bound(lines.begin(), lines.end(), kept) - lines.begin());
      column.cut(points);
    }
    std::erase_if(columns_, [](const auto& entry) { return entry.second.values.empty(); });
    order_.clear();
  }
  steps_.push_back(step);
}

SeriesIndex::Column& SeriesIndex::column_of(std::string_view key) {
  const size_t place = place_++;
  if (place < order_.size() && order_[place]->first == key) return order_[place]->second;
  auto found = columns_.find(key);
  if (found == columns_.end()) {
    found = columns_.emplace(std::string(key), Column{}).first;
    found->second.values.reserve(expected_);
  }
  order_.resize(place);
  order_.push_back(&*found);
  return found->second;
}

void SeriesIndex::add(std::string_view key, double value) {
  if (!std::isfinite(value) || steps_.empty()) return;
  Column& column = column_of(key);
  const size_t line = steps_.size() - 1;
  if (!column.values.empty() && column.line_of(column.values.size() - 1) == line)
    column.cut(column.values.size() - 1);
  if (column.lines.empty() && column.values.size() != line) {  // from here on some lines lack this key
    column.lines.resize(column.values.size());
    for (size_t i = 0; i < column.lines.size(); ++i) column.lines[i] = static_cast<uint32_t>(i);
    column.lines.push_back(static_cast<uint32_t>(line));
  } else if (!column.lines.empty()) {
    column.lines.push_back(static_cast<uint32_t>(line));
  }
  column.push(value);
}

std::map<std::string, double> SeriesIndex::latest() const {
  std::map<std::string, double> values;
  for (const auto& [key, column] : columns_) {
    if (!column.values.empty()) values[key] = column.values.back();
  }
  return values;
}

std::vector<std::string> SeriesIndex::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, column] : columns_) names.push_back(key);
  return names;
}

SeriesIndex::Answer SeriesIndex::query(std::string_view key, int64_t from, int64_t to, int64_t points) const {
  Answer answer;
  const auto found = columns_.find(key);
  if (found == columns_.end() || points < 1) return answer;
  const Column& column = found->second;
  // The first point whose step is at least (or, with `past`, beyond) the bound.
  const auto first_at = [&](int64_t bound, bool past) {
    size_t low = 0, high = column.values.size();
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      const int64_t step = steps_[column.line_of(middle)];
      if (past ? step <= bound : step < bound)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  };
  const size_t begin = first_at(from, false), end = first_at(to, true);
  if (begin >= end) return answer;
  answer.count = static_cast<int64_t>(end - begin);
  int shift = 0;
  while (static_cast<int64_t>(((end - 1) >> shift) - (begin >> shift)) + 1 > points) ++shift;
  answer.bucket = int64_t{1} << shift;
  for (size_t bucket = begin >> shift; bucket <= (end - 1) >> shift; ++bucket) {
    const size_t low = std::max(begin, bucket << shift), high = std::min(end, (bucket + 1) << shift);
    const Extremes extremes = column.extremes(low, high);
    answer.rows.push_back(
        {steps_[column.line_of(high - 1)], extremes.min, extremes.max, column.values[high - 1]});
  }
  return answer;
}

size_t SeriesIndex::bytes() const {
  size_t total = steps_.size() * sizeof(int64_t);  // what is only reserved takes no memory yet
  for (const auto& [key, column] : columns_) {
    total += column.values.size() * sizeof(double) + column.lines.size() * sizeof(uint32_t);
    for (const auto& level : column.levels) total += level.size() * sizeof(Extremes);
  }
  return total;
}

}  // namespace seedling::server
