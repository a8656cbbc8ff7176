// Reading the fields of a JSON body: each is taken out with its type and range checked; what is left over is
// unknown.
//
// Called by every POST route. All throw HttpError 400 with a message that names the field.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace seedling::server {

/// Parses a body into an object: strict JSON, at most 64 levels deep. `flag_names`: underscores in keys
/// become dashes.
nlohmann::json parse_body(const std::string& body, bool flag_names);

/// A text that must be there; with a default, one that may be missing.
std::string take_string(nlohmann::json& body, const std::string& name);
std::string take_string(nlohmann::json& body, const std::string& name, const std::string& otherwise);
/// A number within [low, high]; null counts as missing.
double take_number(nlohmann::json& body, const std::string& name, double otherwise, double low, double high);
int64_t take_integer(nlohmann::json& body, const std::string& name, int64_t otherwise, int64_t low,
                     int64_t high);
bool take_flag(nlohmann::json& body, const std::string& name, bool otherwise);
/// A list of integers within [low, high], at most `most` of them; empty where it is missing.
std::vector<int64_t> take_integers(nlohmann::json& body, const std::string& name, size_t most, int64_t low,
                                   int64_t high);
/// Whatever stands there, or null.
nlohmann::json take_any(nlohmann::json& body, const std::string& name);
/// Refuses what nobody took (null is as good as nothing).
void refuse_rest(const nlohmann::json& body);

}  // namespace seedling::server
