// Tamori: the language across the river, with its own words and a grammar of its own.
//
// It exists so that translation can be learned, and measured, from nothing: each English word of the sentence
// grammar has exactly one Tamori stem, and everything else follows from rules.
//   order        verb, subject, object, place, time       "Yesterday the goat ate a red apple." -> eat goat
//   apple red ... classes      every noun is of class o, a or e, heard in its last vowel; plural adds -n
//   agreement    article, possessive and adjective take the noun's class vowel and its -n; adjectives follow
//   the noun tense        -i present, -ul past, -esh future, on the verb's stem; a plural subject adds -am
//   negation     "ni" before the verb; a question opens with "ka"
// Names stay as they are. Called by the task makers and the village pages.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "datasets/storyworld/chooser.h"

namespace seedling::storyworld {

/// One Tamori word and the English word (or words) it stands for.
struct Aligned {
  std::string tamori;
  std::string english;  ///< the English word in its dictionary form: "eat", "goat", "red", "the"
};

struct Bilingual {
  std::string source;            ///< the English sentence
  std::string target;            ///< its one Tamori translation
  std::vector<Aligned> aligned;  ///< word by word, in Tamori order
};

/// One sentence in both languages; its choices all show in the English. With `may`, sentences that it refuses
/// are not made: the verb, chosen last, is one of those with which it is not refused.
Bilingual make_bilingual(Chooser& chooser,
                         const std::function<bool(const std::string& source)>& may = nullptr);

/// The dictionary: every English lemma and its Tamori stem (nouns with their class vowel).
struct Entry {
  std::string english, tamori;
  char sort;  ///< 'n'oun, 'v'erb, 'a'djective, 'p'reposition, 't'ime word, 'f'unction word
};
std::span<const Entry> tamori_dictionary();

}  // namespace seedling::storyworld
