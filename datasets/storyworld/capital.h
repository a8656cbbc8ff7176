// Capital letters at the beginning of sentences.
#pragma once

#include <string>

namespace seedling::storyworld {

/// The text with its first letter (ASCII) made a capital. The text must not be empty.
inline std::string upper(std::string text) {
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

}  // namespace seedling::storyworld
