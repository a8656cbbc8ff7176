// Reading keys of a JSON object strictly: the type must fit, and every complaint names file, key and value
// (internal to checkpoint/).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace seedling {

/// A JSON value as text for messages: short, and never a cause of further errors.
std::string describe_json(const nlohmann::json& value);

class ConfigKeys {
 public:
  ConfigKeys(const nlohmann::json& json, std::string file);

  const std::string& file() const { return file_; }
  /// Null (or absent) is nullptr.
  const nlohmann::json* find(const char* key) const;
  /// A whole number in [1, limit]. Without a default the key must be there.
  int64_t size(const char* key, std::optional<int64_t> otherwise = {},
               int64_t limit = int64_t{1} << 28) const;
  /// A finite number >= 0.
  double number(const char* key, double otherwise) const;
  /// A number in [0, 1).
  float probability(const char* key, double otherwise) const;
  bool flag(const char* key, bool otherwise) const;
  std::string text(const char* key, const std::string& otherwise) const;
  std::vector<std::string> texts(const char* key) const;
  /// Throws when the key holds anything but null or `only`.
  void only(const char* key, const nlohmann::json& only, const std::string& why) const;
  /// Throws Error: file, key, what it holds and why that cannot be.
  [[noreturn]] void refuse(const char* key, const std::string& why) const;

 private:
  const nlohmann::json& json_;
  std::string file_;
};

}  // namespace seedling
