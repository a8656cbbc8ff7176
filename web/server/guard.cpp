// The guard (see guard.h): parsing first, then the refusals in the order of what they protect.
#include "web/server/guard.h"

#include <algorithm>
#include <charconv>

#include "web/server/reply.h"

namespace seedling::server {

namespace {

bool is_token_char(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

[[noreturn]] void refuse_long_path() {
  throw HttpError(414, "uri_too_long", "the path is longer than 256 bytes");
}
[[noreturn]] void refuse_many_headers() {
  throw HttpError(431, "headers_too_large", "more than 100 headers, or more than 64 KiB of them");
}

/// "GET /path?query HTTP/1.1" into its parts.
void parse_request_line(RequestHead& head, std::string_view line) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) refuse_malformed("the request line is malformed");
  head.method = line.substr(0, first);
  head.version = line.substr(last + 1);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const bool plain =
      !target.empty() && target[0] == '/' &&
      std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 127 && c != '#'; });
  if (head.method.empty() || !std::all_of(head.method.begin(), head.method.end(), is_token_char) || !plain ||
      (head.version != "HTTP/1.1" && head.version != "HTTP/1.0")) {
    refuse_malformed("the request line is malformed");
  }
  const size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
  if (head.path.size() > kMaxPath) refuse_long_path();
}

void parse_header(RequestHead& head, std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) refuse_malformed("a header line has no name");
  const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
  const bool clean = std::all_of(name.begin(), name.end(), is_token_char) &&
                     std::all_of(value.begin(), value.end(), [](char c) {
                       return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 127);
                     });
  if (!clean)
    refuse_malformed("a header line is malformed");  // also: a name followed by a blank, a folded line
  head.headers.emplace_back(lower(name), std::string(value));
}

/// At most one header of that name. Throws with the status and code given.
void refuse_double(const RequestHead& head, std::string_view name, int status, const char* code) {
  if (head.count(name) > 1)
    throw HttpError(status, code, "the header " + std::string(name) + " stands there twice");
}

void check_length(RequestHead& head) {
  refuse_double(head, "content-length", 400, "malformed");
  const std::string* length = head.find("content-length");
  if (length == nullptr) return;
  const char* end = length->data() + length->size();
  const auto [stop, error] = std::from_chars(length->data(), end, head.content_length);
  const bool digits =
      std::all_of(length->begin(), length->end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits && !length->empty() && error == std::errc::result_out_of_range)
    head.content_length = ~size_t{0};
  else if (!digits || error != std::errc() || stop != end)
    refuse_malformed("Content-Length is not a number");
}

void check_host(const RequestHead& head, const GuardOptions& options) {
  if (head.count("host") != 1) refuse_malformed("there must be exactly one Host header");
  if (std::find(options.hosts.begin(), options.hosts.end(), *head.find("host")) == options.hosts.end()) {
    throw HttpError(403, "bad_host", "this server does not answer to that host name");
  }
}

void check_origin(const RequestHead& head, const GuardOptions& options) {
  refuse_double(head, "origin", 403, "bad_origin");
  refuse_double(head, "sec-fetch-site", 403, "bad_origin");
  const std::string* origin = head.find("origin");
  const std::string* site = head.find("sec-fetch-site");
  const bool own =
      origin == nullptr || std::any_of(options.hosts.begin(), options.hosts.end(),
                                       [&](const auto& host) { return *origin == "http://" + host; });
  if (!own || (site != nullptr && *site != "same-origin" && *site != "none")) {
    throw HttpError(403, "bad_origin", "requests from other sites are refused");
  }
}

void check_token(const RequestHead& head, const GuardOptions& options) {
  const bool api = starts_with(head.path, "/api/") || head.path == "/api";
  const bool v1 = starts_with(head.path, "/v1/") || head.path == "/v1";
  const bool post = head.method == "POST";
  if (!((api && post) || ((api || v1) && options.token_for_all))) return;
  if (head.count("x-seedling-token") == 1) {
    const std::string& token = *head.find("x-seedling-token");
    if (same_secret(token, options.token)) return;
    if (!post && !options.viewer_token.empty() && same_secret(token, options.viewer_token)) return;
  }
  throw HttpError(403, "bad_token",
                  "the token is missing or of an earlier start: open the link from the terminal again");
}

void check_body(const RequestHead& head) {
  if (head.count("content-encoding") > 0) {
    throw HttpError(415, "unsupported_media_type", "Content-Encoding is not accepted on requests");
  }
  if (head.method != "POST") {
    if (head.content_length > 0) refuse_malformed("a " + head.method + " request has no body");
    return;
  }
  if (head.count("content-length") == 0) refuse_malformed("a POST needs Content-Length");
  const std::string* type = head.count("content-type") == 1 ? head.find("content-type") : nullptr;
  if (type == nullptr || lower(trim(type->substr(0, type->find(';')))) != "application/json") {
    throw HttpError(415, "unsupported_media_type", "the body must be application/json");
  }
  if (head.content_length > kMaxBody) throw HttpError(413, "too_large", "the body is larger than 64 KiB");
}

}  // namespace

size_t RequestHead::count(std::string_view name) const {
  return static_cast<size_t>(std::count_if(headers.begin(), headers.end(),
                                           [&](const auto& header) { return header.first == name; }));
}

const std::string* RequestHead::find(std::string_view name) const {
  for (const auto& header : headers) {
    if (header.first == name) return &header.second;
  }
  return nullptr;
}

bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0u : 1u;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i] ^ b[b.empty() ? 0 : i % b.size()]);
  return difference == 0 && !b.empty();
}

size_t find_head_end(std::string_view bytes) {
  const size_t line = bytes.find('\n');
  if (std::min(line, bytes.size()) > kMaxRequestLine) refuse_long_path();
  const size_t end = bytes.find("\r\n\r\n");
  const size_t head = end == std::string_view::npos ? bytes.size() : end + 4;
  if (line != std::string_view::npos && head > line + 1 + kMaxHeaderBytes) refuse_many_headers();
  return end == std::string_view::npos ? end : end + 4;
}

RequestHead parse_head(std::string_view bytes) {
  RequestHead head;
  bool first = true;
  while (!bytes.empty()) {
    const size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) refuse_malformed("a line of the head does not end in CR LF");
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 2);
    if (line.find('\n') != std::string_view::npos || line.find('\r') != std::string_view::npos) {
      refuse_malformed("a line of the head does not end in CR LF");
    }
    if (first)
      parse_request_line(head, line);
    else if (!line.empty())
      parse_header(head, line);
    first = false;
    if (head.headers.size() > kMaxHeaders) refuse_many_headers();
  }
  if (first) refuse_malformed("the request is empty");
  check_length(head);
  return head;
}

void check_request(const RequestHead& head, const GuardOptions& options) {
  check_host(head, options);
  check_origin(head, options);
  if (head.method != "GET" && head.method != "HEAD" && head.method != "POST") {
    throw HttpError(405, "method_not_allowed", "only GET, HEAD and POST are known here");
  }
  if (head.count("transfer-encoding") > 0) refuse_malformed("Transfer-Encoding is not accepted on requests");
  check_token(head, options);
  check_body(head);
}

std::string clean_head(const RequestHead& head) {
  constexpr std::string_view kKept[] = {"host", "content-type", "content-length", "last-event-id"};
  std::string text =
      head.method + " " + head.path + (head.query.empty() ? "" : "?" + head.query) + " HTTP/1.1\r\n";
  for (const auto& [name, value] : head.headers) {
    if (value.empty() || std::find(std::begin(kKept), std::end(kKept), name) == std::end(kKept)) continue;
    text += name + ": " + value + "\r\n";
  }
  return text + "connection: close\r\n\r\n";
}

std::vector<std::string> allowed_hosts(const std::string& host, int port) {
  std::vector<std::string> names = {"127.0.0.1", "localhost", "[::1]"};
  if (std::find(names.begin(), names.end(), host) == names.end()) names.push_back(host);
  std::vector<std::string> hosts;
  for (const std::string& name : names) {
    hosts.push_back(name + ":" + std::to_string(port));
    if (port == 80) hosts.push_back(name);  // browsers leave the scheme's own port out
  }
  return hosts;
}

}  // namespace seedling::server
