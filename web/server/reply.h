// Replies: refusals as exceptions, strict JSON, and the headers that stand on every reply.
//
// Called by: the guard (raw refusals), the router (library replies), every file of routes.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace seedling::server {

/// A refusal with its HTTP status and the contract's error code; thrown anywhere below the router.
class HttpError : public std::runtime_error {
 public:
  HttpError(int status, std::string code, const std::string& message)
      : std::runtime_error(message), status_(status), code_(std::move(code)) {}
  int status() const { return status_; }
  const std::string& code() const { return code_; }

 private:
  int status_;
  std::string code_;
};

[[noreturn]] void refuse_malformed(const std::string& message);     // 400
[[noreturn]] void refuse_unknown(const std::string& message);       // 400
[[noreturn]] void refuse_out_of_range(const std::string& message);  // 400
[[noreturn]] void refuse_not_found(const std::string& message);     // 404

/// One line of JSON that never throws: NaN and infinity are null, invalid UTF-8 is replaced by U+FFFD.
std::string dump(const nlohmann::json& value);

/// {"error": {"code", "message"}}; with `openai`, also type and param, as its clients expect.
std::string error_body(const HttpError& error, bool openai);

/// Content-Security-Policy and the rest: on every reply, the library's own errors included.
const std::vector<std::pair<std::string, std::string>>& security_headers();

/// A whole HTTP/1.1 reply of a refusal, for connections that never reach the library.
std::string raw_refusal(const HttpError& error, bool openai);

}  // namespace seedling::server
