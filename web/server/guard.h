// The guard: who may speak to a server that commands a process.
//
// It reads the raw head of a request, before the HTTP library sees a byte, and is stricter than any library:
// what two parsers could read differently is refused. It keeps other web pages out (DNS rebinding: Host;
// cross-site requests: Origin, Sec-Fetch-Site, token), and everything that is not plainly one small request.
// Pure functions, no sockets: connection.cpp calls them. Sources: RFC 9112 (syntax), RFC 6454 (Origin), Fetch
// Metadata.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seedling::server {

constexpr size_t kMaxHeaders = 100;
constexpr size_t kMaxHeaderBytes = 64 * 1024;
constexpr size_t kMaxRequestLine = 4096;
constexpr size_t kMaxPath = 256;
constexpr size_t kMaxBody = 64 * 1024;

/// The request line and headers; names in lower case, values without surrounding blanks.
struct RequestHead {
  std::string method, path, query, version;
  std::vector<std::pair<std::string, std::string>> headers;

  size_t count(std::string_view name) const;
  /// The only value of a header, or null where it is absent; refuse_double() has been called before for those
  /// that matter.
  const std::string* find(std::string_view name) const;
  size_t content_length = 0;
};

/// What the guard lets through.
struct GuardOptions {
  std::vector<std::string> hosts;  // exact values of Host: "127.0.0.1:8080", ...
  std::string token;               // 32 hex digits
  std::string viewer_token;        // may only look; empty on loopback
  bool token_for_all = false;      // beyond loopback
};

/// Bytes up to and including the empty line, or npos while it has not come yet. Throws HttpError 414 or 431
/// as soon as what has come is too long whatever follows.
size_t find_head_end(std::string_view bytes);

/// Parses a whole head. Throws HttpError: 400 malformed, 414, 431.
RequestHead parse_head(std::string_view bytes);

/// Throws HttpError where the contract refuses: 400, 403 bad_host | bad_origin | bad_token, 405, 413, 415.
void check_request(const RequestHead& head, const GuardOptions& options);

/// The head again for the library, with the four headers alone that anything behind the guard reads: whatever
/// a library does with Range, Expect, Upgrade, Accept-Encoding or forwarded addresses cannot be asked of it.
std::string clean_head(const RequestHead& head);

/// Host values of a server bound to `host`: the loopback names, and beyond loopback also the host itself.
std::vector<std::string> allowed_hosts(const std::string& host, int port);

/// Compares in a time that does not depend on where they differ.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace seedling::server
