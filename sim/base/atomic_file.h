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
