// How the scores cut texts into words, each exactly as the tool that defined the score does.
//
// Called by: the other files of this folder. Python's str.split() and str.lower() are meant wherever those
// tools, which are written in Python, call them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seedling {

/// The words between runs of Unicode white space (str.split()).
std::vector<std::string> split_words(std::string_view text);

/// SacreBLEU's default tokenisation "13a" (that of mteval-v13a.pl).
std::vector<std::string> tokenize_13a(std::string_view text);

/// rouge-score's tokens: lower case, runs of [a-z0-9], no stemming.
std::vector<std::string> tokenize_rouge(std::string_view text);

/// SQuAD's normal form: lower case, without punctuation, without the articles a, an, the, single spaces.
std::string normalize_answer(std::string_view text);

/// The characters (code points) of the text without white space, as chrF counts them.
std::vector<uint32_t> visible_characters(std::string_view text);

}  // namespace seedling
