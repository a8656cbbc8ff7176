// Replies (see reply.h).
#include "web/server/reply.h"

#include <sstream>

namespace seedling::server {

namespace {

const char* reason_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

void refuse_malformed(const std::string& message) { throw HttpError(400, "malformed", message); }
void refuse_unknown(const std::string& message) { throw HttpError(400, "unknown", message); }
void refuse_out_of_range(const std::string& message) { throw HttpError(400, "out_of_range", message); }
void refuse_not_found(const std::string& message) { throw HttpError(404, "not_found", message); }

std::string dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string error_body(const HttpError& error, bool openai) {
  nlohmann::json body = {{"code", error.code()}, {"message", error.what()}};
  if (openai) {
    body["type"] = error.status() == 503 ? "server_error" : "invalid_request_error";
    body["param"] = nullptr;
  }
  return dump({{"error", body}});
}

const std::vector<std::pair<std::string, std::string>>& security_headers() {
  static const std::vector<std::pair<std::string, std::string>> headers = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src "
       "'self'; "
       "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"},
  };
  return headers;
}

std::string raw_refusal(const HttpError& error, bool openai) {
  const std::string body = error_body(error, openai);
  std::ostringstream reply;
  reply << "HTTP/1.1 " << error.status() << ' ' << reason_of(error.status()) << "\r\n";
  for (const auto& [name, value] : security_headers()) reply << name << ": " << value << "\r\n";
  if (error.status() == 405) reply << "Allow: GET, HEAD, POST\r\n";
  reply << "Content-Type: application/json\r\nContent-Length: " << body.size()
        << "\r\nConnection: close\r\n\r\n"
        << body;
  return reply.str();
}

}  // namespace seedling::server
