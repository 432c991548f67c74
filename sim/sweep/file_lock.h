// Who may write a file: one process at a time, also on a folder that machines share.
#pragma once

#include <optional>
#include <string>

namespace nibble {

/// The lock of FILE, which is a file FILE.lock beside it; it vanishes with the lock. flock on a
/// file that is open for writing, which NFS carries to its server; on FILE itself it would get in
/// the way of SQLite's own locks there.
class FileLock {
 public:
  /// Nothing if another process holds it. Throws BadInput if it cannot be made.
  [[nodiscard]] static std::optional<FileLock> try_take(const std::string& file);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  FileLock& operator=(FileLock&&) = delete;

 private:
  FileLock(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}

  std::string name_;
  int descriptor_;
};

}  // namespace nibble
