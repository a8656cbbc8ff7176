// From a data set's own files to what Seedling reads. Called by recipes.cpp.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seedling {

/// Raised whenever a conversion would give other files.
constexpr int kConvertVersion = 1;

/// Writes into `folder`: text.txt or text/ (running text), or train.jsonl, validation.jsonl, test.jsonl
/// (examples). `how` is a recipe's "convert". Throws Error naming the file that is not as expected.
void convert_dataset(const std::string& how, const std::vector<std::filesystem::path>& files,
                     const std::filesystem::path& folder);

/// One text of the Brown corpus without its tags: "The/at jury/nn said/vbd ./." becomes "The jury said."
std::string untag_brown(const std::string& tagged);

/// The entries of a dictionary in dictd's form, as Debian's dict-gcide holds it: the word and what it means,
/// a line a paragraph, without pronunciations and sources; those that say nothing are left out.
std::vector<std::string> gcide_entries(const std::string& dictionary);

/// The readable part of a mail as "Subject: ...\n\nbody": UTF-8, decoded, without markup. Empty if there is
/// none.
std::string mail_text(const std::string& mail);

}  // namespace seedling
