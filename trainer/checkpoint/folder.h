// Folders that appear whole or not at all, and the links that point at them.
//
// A checkpoint is written into `.tmp-NAME.PID` beside its place, flushed to the disk, and renamed. What a
// killed process leaves behind is recognised by the process id in the name and cleaned up when the next run
// starts.
//
// Called by: save.cpp, adapter.cpp (saves), training/ (clean_checkpoints, link_checkpoint).
#pragma once

#include <filesystem>
#include <string>

namespace seedling {

/// A folder in the making: write into path(), then commit(). Without commit() it vanishes and nothing has
/// changed.
class FolderWriter {
 public:
  /// Throws Error when the folder cannot be made, or when `target` holds files that are no checkpoint's.
  explicit FolderWriter(const std::filesystem::path& target);
  ~FolderWriter();
  FolderWriter(const FolderWriter&) = delete;
  FolderWriter& operator=(const FolderWriter&) = delete;

  const std::filesystem::path& path() const { return temporary_; }
  /// Flushes the folder and puts it in place of `target`, whose old content (a checkpoint) is then removed.
  void commit();

 private:
  std::filesystem::path target_, temporary_;
};

/// Removes what killed saves left in a folder of checkpoints, and restores a checkpoint whose replacement was
/// cut short. Folders of processes that still live are left alone. A missing folder is fine.
void clean_checkpoints(const std::filesystem::path& checkpoints);

}  // namespace seedling
