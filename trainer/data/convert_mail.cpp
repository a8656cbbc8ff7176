// The readable part of a mail: see convert.h. Follows RFC 2045 (MIME) as far as old mail archives need it.
//
// Of the headers only the subject is kept: the others (relays, mailing lists, mail programs) give a mail's
// folder away without a word of it being read.
#include <algorithm>
#include <cctype>
#include <map>

#include "base/files.h"
#include "data/convert.h"

namespace seedling {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

struct Part {
  std::map<std::string, std::string> headers;
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// Splits headers (folded lines joined) from the body.
Part parse_part(const std::string& text) {
  Part part;
  size_t at = 0;
  std::string name;
  while (at < text.size()) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) break;
    const size_t colon = line.find(':');
    if ((line[0] == ' ' || line[0] == '\t') && !name.empty()) {
      part.headers[name] +=
          " " + line.substr(line.find_first_not_of(" \t") == line.npos ? line.size()
                                                                       : line.find_first_not_of(" \t"));
    } else if (colon != line.npos && line.find(' ') > colon) {
      name = lower(line.substr(0, colon));
      const size_t value = line.find_first_not_of(" \t", colon + 1);
      if (part.headers.count(name) == 0) part.headers[name] = value == line.npos ? "" : line.substr(value);
    }
  }
  part.body = at < text.size() ? text.substr(at) : "";
  return part;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decode_quoted(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      result += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else if (i + 2 < text.size() && text[i + 1] == '\r' && text[i + 2] == '\n') {
      i += 2;
    } else if (i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      result += '=';
    }
  }
  return result;
}

std::string decode_base64(const std::string& text) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t value = kDigits.find(c);
    if (value == kDigits.npos) continue;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return result;
}

/// Bytes that are not UTF-8 are taken as Latin-1, what most of these mails are.
std::string to_utf8(const std::string& text) {
  if (find_invalid_utf8(text) == std::string_view::npos) return text;
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0 | byte >> 6);
      result += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return result;
}

/// Drops tags, comments, scripts and styles; the common entities become characters.
std::string strip_markup(const std::string& html) {
  static const std::map<std::string, std::string> kEntities = {{"amp", "&"},   {"lt", "<"},   {"gt", ">"},
                                                               {"quot", "\""}, {"nbsp", " "}, {"apos", "'"}};
  const std::string small = lower(html);
  std::string text;
  for (size_t i = 0; i < html.size(); ++i) {
    if (html[i] == '<') {
      const char* close = small.compare(i, 4, "<!--") == 0      ? "-->"
                          : small.compare(i, 7, "<script") == 0 ? "</script>"
                          : small.compare(i, 6, "<style") == 0  ? "</style>"
                                                                : ">";
      const size_t end = small.find(close, i);
      if (end == small.npos) break;
      i = end + std::string_view(close).size() - 1;
      text += ' ';
    } else if (html[i] == '&') {
      const size_t end = html.find(';', i);
      const auto found = end == html.npos || end - i > 6 ? kEntities.end()
                                                         : kEntities.find(small.substr(i + 1, end - i - 1));
      text += found == kEntities.end() ? "&" : found->second;
      if (found != kEntities.end()) i = end;
    } else {
      text += html[i];
    }
  }
  return text;
}

/// Runs of spaces become one, runs of line breaks at most two; control characters go.
std::string tidy(const std::string& text) {
  std::string result;
  int spaces = 0, breaks = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++breaks;
    } else if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
      ++spaces;
    } else {
      if (!result.empty() && breaks > 0) {
        result += breaks > 1 ? "\n\n" : "\n";
      } else if (!result.empty() && spaces > 0) {
        result += ' ';
      }
      spaces = breaks = 0;
      result += c;
    }
  }
  return result;
}

/// The text of a part, or of its first plain (else HTML) subpart.
std::string part_text(const Part& part, int depth) {
  const std::string type = part.header("content-type"), kind = lower(type);
  if (kind.starts_with("multipart/") && depth < 4) {
    size_t at = kind.find("boundary=");
    if (at == kind.npos) return "";
    std::string boundary = type.substr(at + 9);
    if (!boundary.empty() && boundary[0] == '"') {
      boundary = boundary.substr(1, boundary.find('"', 1) - 1);
    } else {
      boundary = boundary.substr(0, boundary.find_first_of("; \t"));
    }
    std::string html;
    at = part.body.find("--" + boundary);
    while (at != part.body.npos && !boundary.empty()) {
      const size_t begin = part.body.find('\n', at + 1);
      if (begin == part.body.npos) break;
      at = part.body.find("\n--" + boundary, begin);
      const Part sub = parse_part(part.body.substr(begin + 1, at == part.body.npos ? at : at - begin - 1));
      const std::string text = part_text(sub, depth + 1);
      if (text.empty()) continue;
      if (!lower(sub.header("content-type")).starts_with("text/html")) return text;
      if (html.empty()) html = text;
    }
    return html;
  }
  if (!kind.empty() && !kind.starts_with("text")) return "";
  const std::string coding = lower(part.header("content-transfer-encoding"));
  std::string body = coding.starts_with("quoted-printable") ? decode_quoted(part.body)
                     : coding.starts_with("base64")         ? decode_base64(part.body)
                                                            : part.body;
  return tidy(kind.starts_with("text/html") ? strip_markup(to_utf8(body)) : to_utf8(body));
}

}  // namespace

std::string mail_text(const std::string& mail) {
  const Part part = parse_part(mail);
  const std::string body = part_text(part, 0), subject = tidy(to_utf8(part.header("subject")));
  if (body.empty()) return "";
  return "Subject: " + subject + "\n\n" + body;
}

}  // namespace seedling
