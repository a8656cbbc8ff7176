// How a whole document is told by a given Teller: what make_story, the tests and the task makers share.
#pragma once

#include <string>
#include <vector>

#include "datasets/storyworld/teller.h"

namespace seedling::storyworld {

/// Chooses a plot and tells it to the end; returns its index in plots().
size_t tell_story(Teller& teller);

/// One document of the corpus: a story, or three times in ten a village page.
void tell_document(Teller& teller);

/// Whom a text is for: examples of a task set, or the corpus, which must not tell what a test will ask.
enum class Reader { task, corpus };

/// A text and what is true of it.
struct Judged {
  std::string text;
  bool good = false;
};
/// Somebody's good or bad news; an honest letter or a trick. Every choice shows in the text.
Judged tell_news(Teller& teller, Reader reader);
Judged tell_letter(Teller& teller, Reader reader);

/// Adds a chronicle and `count` questions about it, with their answers, to the Teller's text.
void tell_questions(Teller& teller, size_t count);
/// Adds a short story and what it comes to.
void tell_with_summary(Teller& teller);

}  // namespace seedling::storyworld
