// The English text that language models learn: the King James Bible as the program `bible` of the
// Debian package bible-kjv prints it (its text is in bible-kjv-text, which it depends on), one
// verse a line: "Ge1:1 In the beginning ...".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nibble {

struct BibleText {
  /// The verses' words without their references, each verse ended by a newline.
  std::vector<std::string> chapters;
  std::int64_t verses = 0;
};

/// Where the program's words are from.
inline constexpr const char* kBibleFile = "/usr/lib/bible.data";

/// Runs the program, 0.2 s. Throws DatasetError if it is missing (naming the package), fails, or
/// prints anything but the 31,102 verses of 1,189 chapters.
[[nodiscard]] BibleText read_bible(const std::string& program = "bible");

/// read_bible() of lines that are already there; `name` is what errors call them.
[[nodiscard]] BibleText parse_bible(const std::string& lines, const std::string& name);

}  // namespace nibble
