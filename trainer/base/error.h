// Errors that a person can act on.
//
// Everything thrown on purpose in Seedling is an Error (exit code 1) or a UsageError (exit code 2). Its
// message says what is wrong, where, and what to do about it. The library never exits the process; main
// prints the message and chooses the exit code.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace seedling {

/// A failure with a cause, a place and a remedy in its message.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The command line or a configuration asks for something that does not exist or cannot be.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Joins anything printable into one string: concat("step ", 3, " of ", 10).
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Throws Error with the joined parts.
template <typename... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(concat(parts...));
}

/// Throws UsageError with the joined parts.
template <typename... Parts>
[[noreturn]] void fail_usage(const Parts&... parts) {
  throw UsageError(concat(parts...));
}

/// A condition that only a mistake in this program can break (std::logic_error, never a user's input).
inline void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

}  // namespace seedling
