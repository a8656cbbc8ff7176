// Rows of example files: see records.h.
#include "data/records.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace seedling {
namespace {

std::string place(const std::string& name, int64_t line) { return concat(name, ", line ", line, ": "); }

/// Throws where a line is too long or not UTF-8.
void check_line(const std::string& name, int64_t line, std::string_view text) {
  if (text.size() > kLongestLine) {
    fail(place(name, line), "longer than ", kLongestLine >> 20,
         " MB. An example of that size cannot be learned from: shorten or remove it.");
  }
  if (const size_t at = find_invalid_utf8(text); at != text.npos) {
    fail(place(name, line), "not UTF-8 at byte ", at,
         " of the line. Convert the file first, for example: iconv -f LATIN1 -t UTF-8 FILE > NEW");
  }
}

/// The next line without its end, taken off the front of `rest`.
std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_mark(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  return bytes;
}

/// Pairs a row's fields with the header's names.
void give_row(const std::string& name, int64_t line, const std::vector<std::string>& header,
              std::vector<std::string>&& fields, const TakeRecord& take) {
  if (fields.size() != header.size()) {
    fail(place(name, line), fields.size(), " fields, but the first line names ", header.size(), " columns");
  }
  nlohmann::json row = nlohmann::json::object();
  for (size_t i = 0; i < fields.size(); ++i) row[header[i]] = std::move(fields[i]);
  take(line, std::move(row));
}

/// One CSV record taken off the front of `rest`; `line` moves on over the line breaks in it.
std::vector<std::string> take_csv(const std::string& name, std::string_view& rest, int64_t& line) {
  const int64_t first = line;
  std::vector<std::string> fields(1);
  bool quoted = false;
  size_t at = 0;
  for (; at < rest.size(); ++at) {
    const char c = rest[at];
    if (at > kLongestLine) check_line(name, first, rest.substr(0, at + 1));  // throws
    if (quoted) {
      if (c == '"' && at + 1 < rest.size() && rest[at + 1] == '"') {
        fields.back() += '"';
        ++at;
      } else if (c == '"') {
        quoted = false;
      } else {
        line += c == '\n';
        fields.back() += c;
      }
    } else if (c == '"' && fields.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r' || at + 1 >= rest.size() || rest[at + 1] != '\n') {
      fields.back() += c;
    }
  }
  if (quoted) fail(place(name, first), "a quotation mark is opened and never closed");
  check_line(name, first, rest.substr(0, at));
  rest.remove_prefix(std::min(at + 1, rest.size()));
  ++line;
  return fields;
}

}  // namespace

void read_json_lines(const std::string& name, std::string_view bytes, const TakeRecord& take) {
  std::string_view rest = without_mark(bytes);
  for (int64_t line = 1; !rest.empty(); ++line) {
    const std::string_view text = take_line(rest);
    check_line(name, line, text);
    if (text.find_first_not_of(" \t\r") == text.npos) continue;
    nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
    if (!object.is_object()) {
      fail(place(name, line), object.is_discarded() ? "not valid JSON" : "not a JSON object",
           ". Each line must be one object, such as {\"text\": \"...\", \"label\": \"...\"}.");
    }
    take(line, std::move(object));
  }
}

void read_csv(const std::string& name, std::string_view bytes, const TakeRecord& take) {
  std::string_view rest = without_mark(bytes);
  int64_t line = 1;
  std::vector<std::string> header;
  while (!rest.empty()) {
    const int64_t first = line;
    std::vector<std::string> fields = take_csv(name, rest, line);
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (header.empty()) {
      header = std::move(fields);
    } else {
      give_row(name, first, header, std::move(fields), take);
    }
  }
}

void read_tsv(const std::string& name, std::string_view bytes, const TakeRecord& take) {
  std::string_view rest = without_mark(bytes);
  std::vector<std::string> header;
  for (int64_t line = 1; !rest.empty(); ++line) {
    std::string_view text = take_line(rest);
    check_line(name, line, text);
    if (text.empty()) continue;
    std::vector<std::string> fields;
    for (size_t tab = 0; tab != text.npos; text.remove_prefix(tab == text.npos ? 0 : tab + 1)) {
      tab = text.find('\t');
      fields.emplace_back(text.substr(0, tab));
    }
    if (header.empty()) {
      header = std::move(fields);
    } else {
      give_row(name, line, header, std::move(fields), take);
    }
  }
}

}  // namespace seedling
