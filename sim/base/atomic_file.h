// Results appear whole or not at all: everything is written to a temporary name beside its target,
// flushed to the device and only then renamed. Every failure (full disk, no permission) is a
// BadInput that names the target, and removes what was begun.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nibble {

/// One file to be written: a name inside the output directory, and its bytes.
struct OutputFile {
  std::string name;
  std::string bytes;
};

/// A file under its temporary name, which vanishes unless it is put in place. Others may fill it by
/// that name: a child process, or a library that writes files itself.
class PendingFile {
 public:
  /// Creates it, empty. Throws BadInput, as all below.
  explicit PendingFile(std::string target);
  PendingFile(PendingFile&& other) noexcept;
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  PendingFile& operator=(PendingFile&&) = delete;
  ~PendingFile();

  [[nodiscard]] const std::string& target() const { return target_; }
  [[nodiscard]] const std::string& path() const { return name_; }
  void write(std::string_view bytes);
  /// To the device, whoever wrote it.
  void flush();
  /// After write() or flush().
  void put_in_place();

 private:
  std::string target_, name_;
};

/// Replaces or creates `path` with `bytes`. The directory must exist.
void write_file(const std::string& path, std::string_view bytes);

/// Writes all files or none: every temporary file is complete on the device before the first is
/// renamed. Creates the directory and its parents if missing; if anything fails, temporary files
/// and the directories it created are removed again.
void write_files(const std::string& directory, const std::vector<OutputFile>& files);

/// Creates the directory and its parents; an existing writable directory is good. Call it before a
/// long run, so that a bad `-o` is answered at once. Returns the directories it created, outermost
/// first.
std::vector<std::string> create_output_directory(const std::string& directory);

/// Removes directories that create_output_directory made, as far as they are empty: for a run
/// that failed before it had any result.
void remove_created(const std::vector<std::string>& created) noexcept;

}  // namespace nibble
