#include "checkpoint/config_keys.h"

#include <cmath>

#include "base/error.h"

namespace seedling {
using nlohmann::json;

std::string describe_json(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

ConfigKeys::ConfigKeys(const json& json, std::string file) : json_(json), file_(std::move(file)) {
  if (!json_.is_object()) fail(file_, ": holds ", describe_json(json_), " instead of a JSON object.");
}

const json* ConfigKeys::find(const char* key) const {
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

void ConfigKeys::refuse(const char* key, const std::string& why) const {
  const auto found = json_.find(key);
  fail(file_, ": '", key, "' is ", found == json_.end() ? "missing" : describe_json(*found), ": ", why);
}

int64_t ConfigKeys::size(const char* key, std::optional<int64_t> otherwise, int64_t limit) const {
  const json* value = find(key);
  if (value == nullptr) {
    if (!otherwise) refuse(key, "this key is needed to build the model.");
    return *otherwise;
  }
  const bool fits = value->is_number_unsigned() ? value->get<uint64_t>() - 1 < static_cast<uint64_t>(limit)
                                                : value->is_number_integer() && value->get<int64_t>() >= 1 &&
                                                      value->get<int64_t>() <= limit;
  if (!fits) refuse(key, concat("a whole number from 1 to ", limit, " is wanted."));
  return value->get<int64_t>();
}

double ConfigKeys::number(const char* key, double otherwise) const {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_number() || !std::isfinite(value->get<double>()) || value->get<double>() < 0)
    refuse(key, "a number that is not negative is wanted.");
  return value->get<double>();
}

float ConfigKeys::probability(const char* key, double otherwise) const {
  const double value = number(key, otherwise);
  if (!(value < 1.0)) refuse(key, "a probability below 1 is wanted.");
  return static_cast<float>(value);
}

bool ConfigKeys::flag(const char* key, bool otherwise) const {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) refuse(key, "true or false is wanted.");
  return value->get<bool>();
}

std::string ConfigKeys::text(const char* key, const std::string& otherwise) const {
  const json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) refuse(key, "a text is wanted.");
  return value->get<std::string>();
}

std::vector<std::string> ConfigKeys::texts(const char* key) const {
  const json* value = find(key);
  std::vector<std::string> result;
  if (value == nullptr) return result;
  if (!value->is_array()) refuse(key, "a list of texts is wanted.");
  for (const json& element : *value) {
    if (!element.is_string()) refuse(key, "a list of texts is wanted.");
    result.push_back(element.get<std::string>());
  }
  return result;
}

void ConfigKeys::only(const char* key, const json& only, const std::string& why) const {
  const json* value = find(key);
  if (value != nullptr && *value != only) refuse(key, why);
}

}  // namespace seedling
