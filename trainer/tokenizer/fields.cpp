// Reading a JSON object that a stranger wrote: see fields.h.
#include "tokenizer/fields.h"

namespace seedling {

std::string shown(const nlohmann::json& value) {
  constexpr size_t kReadable = 60;
  std::string text = value.dump();
  if (text.size() <= kReadable) return text;
  size_t cut = kReadable;
  while ((static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "...";
}

Fields::Fields(const nlohmann::json& value, std::string place) : value_(value), place_(std::move(place)) {
  if (!value.is_object()) fail(place_, " must be a JSON object, not ", shown(value));
}

const nlohmann::json& Fields::get(const std::string& key) {
  static const nlohmann::json kNull;
  known_.insert(key);
  const auto found = value_.find(key);
  return found == value_.end() ? kNull : *found;
}

bool Fields::boolean(const std::string& key, bool otherwise) {
  const nlohmann::json& value = get(key);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) fail(place_, ".", key, " must be true or false, not ", shown(value));
  return value.get<bool>();
}

int64_t Fields::integer(const std::string& key, int64_t otherwise, int64_t least, int64_t most) {
  const nlohmann::json& value = get(key);
  if (value.is_null()) return otherwise;
  const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(most)
                                               : value.is_number_integer() && value.get<int64_t>() <= most;
  if (!fits || value.get<int64_t>() < least)
    fail(place_, ".", key, " must be a whole number from ", least, " to ", most, ", not ", shown(value));
  return value.get<int64_t>();
}

std::string Fields::text(const std::string& key, const std::string& otherwise) {
  const nlohmann::json& value = get(key);
  if (value.is_null()) return otherwise;
  if (!value.is_string()) fail(place_, ".", key, " must be a string, not ", shown(value));
  return value.get<std::string>();
}

void Fields::expect(const std::string& key, const nlohmann::json& harmless) {
  const nlohmann::json& value = get(key);
  if (!value.is_null() && value != harmless)
    fail(place_, ".", key, " = ", shown(value), " is not supported (only ", shown(harmless), " or null)");
}

void Fields::finish() const {
  for (const auto& [key, value] : value_.items())
    if (known_.count(key) == 0)
      fail(place_, ".", key, " = ", shown(value), " is not a setting this program knows");
}

}  // namespace seedling
