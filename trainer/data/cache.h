// The cache folder: results that can be made again, each in a folder named by a key of everything it was made
// from.
//
//   CACHE/tokens/KEY/      token files, tokenizer, prepared.json
//   CACHE/datasets/NAME/   texts and examples made by the recipes
//   CACHE/sources/         what the recipes fetched, or a person put there
//   CACHE/unpacked/        .gz texts, unpacked
//
// A folder appears under its name only when it is whole (made aside, then renamed), and a lock file keeps two
// processes from making the same one at the same time. Called by prepare.cpp and recipes.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "data/text.h"

namespace seedling {

/// `asked`, or $XDG_CACHE_HOME/seedling, or ~/.cache/seedling; made if missing. Throws Error if that is
/// impossible.
std::filesystem::path cache_folder(const std::filesystem::path& asked);

/// Holds an exclusive lock on `path` while it lives; waits for another holder, saying so.
class FolderLock {
 public:
  FolderLock(const std::filesystem::path& path, const Say& say);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int fd_ = -1;
};

/// Makes `folder` whole or not at all: `make` fills a folder aside, which then takes the name. What stood
/// there before is replaced. The caller holds the lock. Throws what `make` throws; nothing then stays.
void make_folder(const std::filesystem::path& folder,
                 const std::function<void(const std::filesystem::path& aside)>& make);

}  // namespace seedling
