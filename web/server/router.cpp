// From a path to its route, and from anything thrown to an error reply. No pattern matching: an explicit
// list.
#include <charconv>

#include "base/error.h"
#include "web/server/app.h"
#include "web/server/assets.h"
#include "web/server/reply.h"

namespace seedling::server {

namespace {

struct Route {
  const char* method;
  std::vector<std::string> path;  // "*" is any one part
  void (*run)(const Call&);
};

const std::vector<Route>& routes() {
  static const std::vector<Route> list = {
      {"GET", {"api", "defaults"}, get_defaults},
      {"GET", {"api", "runs"}, get_runs},
      {"GET", {"api", "runs", "*"}, get_run},
      {"GET", {"api", "runs", "*", "*"}, get_run},
      {"GET", {"api", "lessons"}, get_lessons},
      {"GET", {"api", "stream"}, get_stream},
      {"POST", {"api", "runs"}, post_runs},
      {"POST", {"api", "runs", "*", "commands"}, post_command},
      {"POST", {"api", "tokenize"}, post_tokenize},
      {"POST", {"api", "generate"}, post_generate},
      {"POST", {"api", "fill"}, post_fill},
      {"POST", {"api", "predict"}, post_predict},
      {"POST", {"api", "inspect"}, post_inspect},
      {"GET", {"v1", "models"}, get_models},
      {"GET", {"v1", "models", "*"}, get_models},
      {"GET", {"v1", "models", "*", "*"}, get_models},
      {"POST", {"v1", "completions"}, post_completions},
      {"POST", {"v1", "chat", "completions"}, post_chat},
  };
  return list;
}

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t at = 1; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (pattern[i] != "*" && pattern[i] != path[i]) return false;
  }
  return true;
}

void send_asset(const Asset& asset, httplib::Response& response) {
  response.set_content(asset.bytes.data(), asset.bytes.size(), asset_type(asset.path));
}

void list_sources(httplib::Response& response) {
  std::string text;
  for (const Asset& asset : source_files()) text += std::string(asset.path) + "\n";
  response.set_content(text, "text/plain; charset=utf-8");
}

void find_and_run(App& app, const httplib::Request& request, httplib::Response& response) {
  const bool get = request.method == "GET" || request.method == "HEAD";
  const Call call{app, request, response, split_path(request.path)};
  bool known = false;
  for (const Route& route : routes()) {
    if (!fits(route.path, call.path)) continue;
    known = true;
    const bool stream = route.run == get_stream && request.method == "HEAD";
    if (!stream && (get ? "GET" : request.method) == std::string(route.method)) return route.run(call);
  }
  if (!known && request.path == "/source/") known = true;
  const Asset* asset = find_asset(request.path);
  if (!get && (known || asset != nullptr)) {
    throw HttpError(405, "method_not_allowed", request.method + " is not what this path takes");
  }
  if (get && request.path == "/source/") return list_sources(response);
  if (asset != nullptr) return send_asset(*asset, response);
  if (known) throw HttpError(405, "method_not_allowed", request.method + " is not what this path takes");
  refuse_not_found("there is nothing at this path");
}

}  // namespace

int64_t Call::integer_parameter(const char* name, int64_t otherwise, int64_t low, int64_t high) const {
  if (!request.has_param(name)) return otherwise;
  const std::string text = request.get_param_value(name);
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || text.empty()) {
    refuse_malformed(std::string(name) + " must be a whole number");
  }
  if (value < low || value > high) {
    refuse_out_of_range(std::string(name) + " must be between " + std::to_string(low) + " and " +
                        std::to_string(high));
  }
  return value;
}

void Call::reply(const nlohmann::json& value, int status) const {
  response.status = status;
  response.set_content(dump(value), "application/json");
}

void answer(App& app, const httplib::Request& request, httplib::Response& response) {
  if (request.path != "/api/stream")
    app.last_request = std::chrono::steady_clock::now().time_since_epoch().count();
  const bool openai = request.path.rfind("/v1", 0) == 0;
  const auto refuse = [&](const HttpError& error) {
    response.status = error.status();
    if (error.status() == 503) response.set_header("Retry-After", "5");
    if (error.status() == 405) response.set_header("Allow", request.method == "POST" ? "GET, HEAD" : "POST");
    response.set_content(error_body(error, openai), "application/json");
  };
  try {
    find_and_run(app, request, response);
  } catch (const HttpError& error) {
    refuse(error);
  } catch (const Error& error) {
    refuse(HttpError(400, "out_of_range", error.what()));
  } catch (const std::bad_alloc&) {
    refuse(HttpError(400, "out_of_range", "there is not enough memory for this"));
  } catch (const nlohmann::json::exception& error) {
    refuse(HttpError(400, "malformed", error.what()));
  }
}

}  // namespace seedling::server
