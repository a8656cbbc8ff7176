// Reading a JSON object that a stranger wrote: every value is checked, every key must be known.
//
// A key that is not asked for is refused by finish(), so that a tokenizer with a setting that this program
// does not know is never half-read and silently wrong. Called by reader.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/error.h"

namespace seedling {

class Fields {
 public:
  /// place: for errors, such as "FILE: model". Throws Error unless `value` is an object.
  Fields(const nlohmann::json& value, std::string place);

  /// The value under the key, null where it is absent.
  const nlohmann::json& get(const std::string& key);
  bool boolean(const std::string& key, bool otherwise);
  int64_t integer(const std::string& key, int64_t otherwise, int64_t least, int64_t most);
  std::string text(const std::string& key, const std::string& otherwise);

  /// For settings that are not supported: the value must be absent, null, or the harmless one.
  void expect(const std::string& key, const nlohmann::json& harmless);
  /// Refuses keys that nobody asked for.
  void finish() const;

  const std::string& place() const { return place_; }

 private:
  const nlohmann::json& value_;
  std::string place_;
  std::set<std::string> known_;
};

/// A value in an error message, cut to a readable length.
std::string shown(const nlohmann::json& value);

}  // namespace seedling
