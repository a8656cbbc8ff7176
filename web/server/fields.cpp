// Fields of a body (see fields.h).
#include "web/server/fields.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/files.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

json take_any(json& body, const std::string& name) {
  const auto found = body.find(name);
  if (found == body.end()) return nullptr;
  json value = std::move(*found);
  body.erase(found);
  return value;
}

json parse_body(const std::string& text, bool flag_names) {
  if (find_invalid_utf8(text) != std::string::npos) refuse_malformed("the body is not UTF-8");
  int depth = 0;
  bool quoted = false;  // depth is counted first: the parser itself would recurse
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '[' || text[i] == '{') && ++depth > 64)
      refuse_malformed("the body is nested too deeply");
    else if (!quoted && (text[i] == ']' || text[i] == '}'))
      --depth;
  }
  json body = json::parse(text, nullptr, false);
  if (body.is_discarded()) refuse_malformed("the body is not JSON");
  if (!body.is_object()) refuse_malformed("the body must be one JSON object");
  if (!flag_names) return body;
  json dashed = json::object();
  for (auto& [key, value] : body.items()) {
    std::string name = key;
    for (char& c : name) c = c == '_' ? '-' : c;
    dashed[name] = std::move(value);
  }
  return dashed;
}

std::string take_string(json& body, const std::string& name) {
  const json value = take_any(body, name);
  if (value.is_null()) refuse_malformed("\"" + name + "\" is missing");
  if (!value.is_string()) refuse_malformed("\"" + name + "\" must be a text");
  return value;
}

std::string take_string(json& body, const std::string& name, const std::string& otherwise) {
  const json value = take_any(body, name);
  if (value.is_null()) return otherwise;
  if (!value.is_string()) refuse_malformed("\"" + name + "\" must be a text");
  return value;
}

double take_number(json& body, const std::string& name, double otherwise, double low, double high) {
  const json value = take_any(body, name);
  if (value.is_null()) return otherwise;
  if (!value.is_number()) refuse_malformed("\"" + name + "\" must be a number");
  const double number = value;
  if (!(number >= low && number <= high)) {
    refuse_out_of_range(concat("\"", name, "\" must be between ", low, " and ", high));
  }
  return number;
}

int64_t take_integer(json& body, const std::string& name, int64_t otherwise, int64_t low, int64_t high) {
  const json value = take_any(body, name);
  if (value.is_null()) return otherwise;
  if (!value.is_number() || value.get<double>() != std::floor(value.get<double>())) {
    refuse_malformed("\"" + name + "\" must be a whole number");
  }
  const double number = value;
  if (!(number >= static_cast<double>(low) && number <= static_cast<double>(high))) {
    refuse_out_of_range(concat("\"", name, "\" must be between ", low, " and ", high));
  }
  return value.is_number_float() ? static_cast<int64_t>(number) : value.get<int64_t>();
}

bool take_flag(json& body, const std::string& name, bool otherwise) {
  const json value = take_any(body, name);
  if (value.is_null()) return otherwise;
  if (!value.is_boolean()) refuse_malformed("\"" + name + "\" must be true or false");
  return value;
}

std::vector<int64_t> take_integers(json& body, const std::string& name, size_t most, int64_t low,
                                   int64_t high) {
  json value = take_any(body, name);
  std::vector<int64_t> numbers;
  if (value.is_null()) return numbers;
  if (!value.is_array()) refuse_malformed("\"" + name + "\" must be a list of whole numbers");
  if (value.size() > most) refuse_out_of_range(concat("\"", name, "\" has more than ", most, " entries"));
  for (json& entry : value) {
    json one = {{name, std::move(entry)}};
    numbers.push_back(take_integer(one, name, low, low, high));
  }
  return numbers;
}

void refuse_rest(const json& body) {
  for (const auto& [key, value] : body.items()) {
    if (!value.is_null()) refuse_unknown("unknown key \"" + key + "\"");
  }
}

}  // namespace seedling::server
