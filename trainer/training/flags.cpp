// Flags to JSON and back, with their checks (see flags.h). Called by commands/, run_directory.cpp and the
// server.
#include "training/flags.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace seedling {

namespace {

using nlohmann::json;

bool matches(const json& value, std::optional<std::string>&) { return value.is_string(); }
bool matches(const json& value, std::optional<double>&) { return value.is_number(); }
bool matches(const json& value, std::optional<bool>&) { return value.is_boolean(); }
bool matches(const json& value, std::optional<int64_t>&) {
  return value.is_number_integer() ||
         (value.is_number() && std::floor(value.get<double>()) == value.get<double>());
}

const char* kind_of(std::optional<std::string>&) { return "a text"; }
const char* kind_of(std::optional<double>&) { return "a number"; }
const char* kind_of(std::optional<bool>&) { return "true or false"; }
const char* kind_of(std::optional<int64_t>&) { return "a whole number"; }

}  // namespace

void check_flag(const FlagInfo& info, double value) {
  if (std::isfinite(value) && (info.low == info.high || (value >= info.low && value <= info.high))) return;
  fail_usage("--", info.name, " ", value, ": it takes numbers from ", info.low, " to ", info.high);
}

void check_flag(const FlagInfo& info, const std::string& value) {
  if (info.choices == nullptr) return;
  std::vector<std::string> choices;
  std::string word;
  for (const char* c = info.choices;; ++c) {
    if (*c != '|' && *c != '\0') {
      word += *c;
      continue;
    }
    if (word == value) return;
    choices.push_back(std::move(word));
    word.clear();
    if (*c == '\0') break;
  }
  const std::string nearest = nearest_word(value, choices.data(), choices.size());
  fail_usage("--", info.name, " ", value, ": it takes ", info.choices,
             nearest.empty() ? "" : concat("; did you mean ", nearest, "?"));
}

namespace {

/// `visit_all(flags, visit)` visits every flag of a set.
template <typename Flags, typename VisitAll>
json write_flags(const Flags& flags, VisitAll&& visit_all) {
  json result = json::object();
  visit_all(flags, [&](const FlagInfo& info, const auto& flag) {
    if (flag) result[info.name] = *flag;
  });
  return result;
}

template <typename Flags, typename VisitAll>
Flags read_flags(const json& values, VisitAll&& visit_all) {
  if (!values.is_object()) fail_usage("flags must be one JSON object {\"flag-name\": value, ...}");
  Flags flags;
  std::vector<std::string> names;
  visit_all(flags, [&](const FlagInfo& info, auto& flag) {
    names.push_back(info.name);
    const auto found = values.find(info.name);
    if (found == values.end() || found->is_null()) return;
    if (!matches(*found, flag))
      fail_usage("flag \"", info.name, "\" takes ", kind_of(flag), ", not ", found->dump());
    typename std::decay_t<decltype(flag)>::value_type value{};
    if constexpr (std::is_same_v<decltype(value), int64_t>) {
      check_flag(info, found->template get<double>());
      value = found->is_number_float() ? static_cast<int64_t>(found->template get<double>())
                                       : found->template get<int64_t>();
    } else {
      value = found->template get<decltype(value)>();
      check_flag(info, value);
    }
    flag = value;
  });
  for (const auto& [name, value] : values.items()) {
    bool known = false;
    for (const std::string& each : names) known = known || each == name;
    if (known) continue;
    const std::string nearest = nearest_word(name, names.data(), names.size());
    fail_usage("unknown flag \"", name, "\"",
               nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?"));
  }
  return flags;
}

/// The visitors as things that can be handed on.
struct VisitPretrain {
  template <typename Flags, typename Visit>
  void operator()(Flags& flags, Visit&& visit) const {
    visit_pretrain_flags(flags, visit);
  }
};
struct VisitFinetune {
  template <typename Flags, typename Visit>
  void operator()(Flags& flags, Visit&& visit) const {
    visit_finetune_flags(flags, visit);
  }
};

}  // namespace

json flags_to_json(const PretrainFlags& flags) { return write_flags(flags, VisitPretrain{}); }
json flags_to_json(const FinetuneFlags& flags) { return write_flags(flags, VisitFinetune{}); }

PretrainFlags pretrain_flags_from_json(const json& values) {
  return read_flags<PretrainFlags>(values, VisitPretrain{});
}
FinetuneFlags finetune_flags_from_json(const json& values) {
  return read_flags<FinetuneFlags>(values, VisitFinetune{});
}

void override_flags(PretrainFlags& onto, const PretrainFlags& given) {
  onto = pretrain_flags_from_json([&] {
    json merged = flags_to_json(onto);
    merged.update(flags_to_json(given));
    return merged;
  }());
}

}  // namespace seedling
