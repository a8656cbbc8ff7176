// The guard: what is refused, with which status and code; what passes unchanged.
#include <boost/test/unit_test.hpp>

#include "web/server/guard.h"
#include "web/server/reply.h"

using namespace seedling::server;

namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

GuardOptions options() {
  GuardOptions guard;
  guard.hosts = allowed_hosts("127.0.0.1", 8080);
  guard.token = kToken;
  return guard;
}

/// "403 bad_host" of the refusal, or "" where the request passes.
std::string verdict(const std::string& head, const GuardOptions& guard = options()) {
  try {
    if (find_head_end(head) != head.size()) return "incomplete";
    check_request(parse_head(head), guard);
    return "";
  } catch (const HttpError& error) {
    return std::to_string(error.status()) + " " + error.code();
  }
}

std::string get(const std::string& headers = "", const std::string& path = "/api/runs") {
  return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n" + headers + "\r\n";
}

std::string post(const std::string& headers = "", const std::string& path = "/api/runs",
                 const std::string& token = kToken) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost:8080\r\n" +
         (token.empty() ? "" : "X-Seedling-Token: " + token + "\r\n") + headers + "\r\n";
}

const std::string kJson = "Content-Type: application/json\r\nContent-Length: 2\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(guard)

BOOST_AUTO_TEST_CASE(ordinary_requests_pass) {
  BOOST_TEST(verdict(get()) == "");
  BOOST_TEST(verdict(get("Origin: http://localhost:8080\r\nSec-Fetch-Site: same-origin\r\n")) == "");
  BOOST_TEST(verdict(get("Sec-Fetch-Site: none\r\n")) == "");
  BOOST_TEST(verdict(post(kJson)) == "");
  BOOST_TEST(verdict(post("Content-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n")) == "");
  BOOST_TEST(verdict(post(kJson, "/v1/completions", "")) == "");  // /v1 needs no token on loopback
  BOOST_TEST(verdict("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n") == "");
}

BOOST_AUTO_TEST_CASE(other_hosts_are_refused) {
  for (const char* host : {"evil.example", "127.0.0.1", "127.0.0.1:8081", "localhost.evil.example:8080",
                           "127.0.0.1:8080.", "", "LOCALHOST:8080", "127.0.0.1:8080, 127.0.0.1:8080"}) {
    const std::string head = std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n";
    BOOST_TEST(verdict(head) == "403 bad_host", host);
  }
  BOOST_TEST(verdict("GET / HTTP/1.1\r\n\r\n") == "400 malformed");
  BOOST_TEST(verdict(get("Host: 127.0.0.1:8080\r\n")) == "400 malformed");
}

BOOST_AUTO_TEST_CASE(other_sites_are_refused) {
  for (const char* origin : {"http://evil.example", "null", "https://127.0.0.1:8080", "http://127.0.0.1:8081",
                             "http://127.0.0.1:8080/"}) {
    BOOST_TEST(verdict(get(std::string("Origin: ") + origin + "\r\n")) == "403 bad_origin", origin);
  }
  const std::string own = "Origin: http://127.0.0.1:8080\r\n";
  BOOST_TEST(verdict(get(own + own)) == "403 bad_origin");
  for (const char* site : {"cross-site", "same-site", "nonsense"}) {
    BOOST_TEST(verdict(get(std::string("Sec-Fetch-Site: ") + site + "\r\n")) == "403 bad_origin", site);
  }
}

BOOST_AUTO_TEST_CASE(the_token_counts_only_in_its_header_and_once) {
  BOOST_TEST(verdict(post(kJson, "/api/runs", "")) == "403 bad_token");
  BOOST_TEST(verdict(post(kJson, "/api/runs?token=" + kToken, "")) == "403 bad_token");
  BOOST_TEST(verdict(post(kJson + "Cookie: X-Seedling-Token=" + kToken + "\r\n", "/api/runs", "")) ==
             "403 bad_token");
  BOOST_TEST(verdict(post(kJson + "X-Seedling-Token: " + kToken + "\r\n")) == "403 bad_token");
  BOOST_TEST(verdict(post(kJson, "/api/runs", kToken.substr(1))) == "403 bad_token");
  BOOST_TEST(verdict(post(kJson, "/api/runs", kToken + kToken)) == "403 bad_token");
  BOOST_TEST(same_secret("", "") == false);
}

BOOST_AUTO_TEST_CASE(beyond_loopback_everything_needs_the_token_and_viewers_only_look) {
  GuardOptions guard = options();
  guard.token_for_all = true, guard.viewer_token = std::string(32, 'b');
  BOOST_TEST(verdict(get(), guard) == "403 bad_token");
  BOOST_TEST(verdict(get("X-Seedling-Token: " + kToken + "\r\n"), guard) == "");
  BOOST_TEST(verdict(get("X-Seedling-Token: " + guard.viewer_token + "\r\n"), guard) == "");
  BOOST_TEST(verdict(post(kJson, "/api/runs", guard.viewer_token), guard) == "403 bad_token");
  BOOST_TEST(verdict(post(kJson, "/v1/completions", ""), guard) == "403 bad_token");
  BOOST_TEST(verdict(get("", "/"), guard) == "");  // the page itself, which then asks with the token
}

BOOST_AUTO_TEST_CASE(bodies_are_small_plain_json_of_a_known_length) {
  BOOST_TEST(verdict(post("Content-Type: application/json\r\n")) == "400 malformed");
  BOOST_TEST(verdict(post(kJson + "Content-Length: 2\r\n")) == "400 malformed");
  for (const char* length : {"-1", "+2", "2x", "0x2", "", " ", "2,2", "1e1"}) {
    const std::string header =
        std::string("Content-Type: application/json\r\nContent-Length: ") + length + "\r\n";
    BOOST_TEST(verdict(post(header)) == "400 malformed", length);
  }
  BOOST_TEST(verdict(post("Content-Type: application/json\r\nContent-Length: 65536\r\n")) == "");
  BOOST_TEST(verdict(post("Content-Type: application/json\r\nContent-Length: 65537\r\n")) == "413 too_large");
  BOOST_TEST(verdict(post("Content-Type: application/json\r\nContent-Length: 99999999999999999999999\r\n")) ==
             "413 too_large");
  BOOST_TEST(verdict(post("Content-Length: 2\r\n")) == "415 unsupported_media_type");
  BOOST_TEST(verdict(post("Content-Type: text/plain\r\nContent-Length: 2\r\n")) ==
             "415 unsupported_media_type");
  BOOST_TEST(verdict(post(kJson + "Content-Type: application/json\r\n")) == "415 unsupported_media_type");
  BOOST_TEST(verdict(post(kJson + "Content-Encoding: gzip\r\n")) == "415 unsupported_media_type");
  BOOST_TEST(verdict(post(kJson + "Transfer-Encoding: chunked\r\n")) == "400 malformed");
  BOOST_TEST(verdict(get("Transfer-Encoding: identity\r\n")) == "400 malformed");
  BOOST_TEST(verdict(get("Content-Length: 5\r\n")) == "400 malformed");
}

BOOST_AUTO_TEST_CASE(methods_lengths_and_counts) {
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get"}) {
    BOOST_TEST(verdict(std::string(method) + " / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n") ==
                   "405 method_not_allowed",
               method);
  }
  BOOST_TEST(verdict(get("", "/" + std::string(255, 'a'))) == "");
  BOOST_TEST(verdict(get("", "/" + std::string(256, 'a'))) == "414 uri_too_long");
  BOOST_TEST(verdict(get("", "/?" + std::string(5000, 'a'))) == "414 uri_too_long");
  std::string headers;
  for (int i = 0; i < 99; ++i) headers += "X-" + std::to_string(i) + ": 1\r\n";
  BOOST_TEST(verdict(get(headers)) == "");
  BOOST_TEST(verdict(get(headers + "X-99: 1\r\n")) == "431 headers_too_large");
  BOOST_TEST(verdict(get("X: " + std::string(66000, 'a') + "\r\n")) == "431 headers_too_large");
  BOOST_CHECK_THROW(find_head_end("GET / HTTP/1.1\r\nX: " + std::string(70000, 'a')),
                    HttpError);  // without waiting for its end
  BOOST_CHECK_THROW(find_head_end(std::string(5000, 'a')), HttpError);
}

BOOST_AUTO_TEST_CASE(what_two_parsers_could_read_differently_is_malformed) {
  for (const char* line : {"Content-Length : 5", " folded", "\tfolded", "NoColon", ": empty", "Bad Name: 1",
                           "X: a\x01z", "X: a\x7fz"}) {
    BOOST_TEST(verdict(get(std::string(line) + "\r\n")) == "400 malformed", line);
  }
  BOOST_TEST(verdict("GET / HTTP/1.1\nHost: 127.0.0.1:8080\r\n\r\n") == "400 malformed");
  BOOST_TEST(verdict("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\nX: 1\r\n\r\n") == "400 malformed");
  for (const char* line :
       {"GET /", "GET  / HTTP/1.1 x", "GET http://127.0.0.1:8080/ HTTP/1.1", "GET * HTTP/1.1",
        "GET / HTTP/2.0", " / HTTP/1.1", "GET /a b HTTP/1.1", "GET /\x80 HTTP/1.1", ""}) {
    BOOST_TEST(verdict(std::string(line) + "\r\nHost: 127.0.0.1:8080\r\n\r\n") == "400 malformed", line);
  }
  BOOST_TEST(verdict("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n") == "incomplete");
}

BOOST_AUTO_TEST_CASE(the_library_sees_only_what_is_needed) {
  const RequestHead head = parse_head(
      get("Range: bytes=0-1\r\nExpect: 100-continue\r\nAccept-Encoding: gzip\r\nX-Forwarded-For: 1\r\n"
          "Last-Event-ID: ab-1\r\nConnection: keep-alive\r\n",
          "/x?a=1"));
  BOOST_TEST(
      clean_head(head) ==
      "GET /x?a=1 HTTP/1.1\r\nhost: 127.0.0.1:8080\r\nlast-event-id: ab-1\r\nconnection: close\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(refusals_carry_the_security_headers_and_strict_json) {
  const std::string reply = raw_refusal(HttpError(403, "bad_host", "no \xff"), false);
  BOOST_TEST(reply.rfind("HTTP/1.1 403 Forbidden\r\n", 0) == 0u);
  for (const auto& [name, value] : security_headers())
    BOOST_TEST(reply.find(name + ": " + value) != std::string::npos);
  BOOST_TEST(reply.find("Connection: close") != std::string::npos);
  BOOST_TEST(reply.find("{\"error\":{\"code\":\"bad_host\",\"message\":\"no \xEF\xBF\xBD\"}}") !=
             std::string::npos);
  BOOST_TEST(dump({{"a", std::nan("")}, {"b", INFINITY}}) == "{\"a\":null,\"b\":null}");
}

BOOST_AUTO_TEST_SUITE_END()
