#include "sim/config/assumed_keys.h"

#include <algorithm>
#include <fstream>
#include <regex>

#include "sim/config/yaml_document.h"

namespace nibble {
namespace {

/// The maps that the current line lies in, by how far each is indented.
class OpenKeys {
 public:
  void enter(std::size_t indent, const std::string& key) {
    while (!open_.empty() && open_.back().indent >= indent) open_.pop_back();
    const std::string parent = open_.empty() ? "" : open_.back().path;
    open_.push_back({indent, key_path(parent, key)});
  }
  [[nodiscard]] std::string path() const { return open_.empty() ? "" : open_.back().path; }

 private:
  struct Key {
    std::size_t indent;
    std::string path;
  };
  std::vector<Key> open_;
};

bool is_comment(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  return begin != std::string::npos && line[begin] == '#';
}

/// Where the words of a line that goes on with the one before begin.
std::string words_of(const std::string& line) {
  const std::size_t begin = line.find_first_not_of("# ");
  return begin == std::string::npos ? "" : line.substr(begin);
}

/// The file's lines, but a block of comments as one, and a text in quotes with the line it began
/// on.
std::vector<std::string> joined_lines(const std::string& file) {
  std::vector<std::string> joined;
  std::ifstream lines(file);
  bool quoted = false, comment = false;
  for (std::string line; std::getline(lines, line);) {
    if (quoted || (comment && is_comment(line))) {
      joined.back() += ' ' + words_of(line);
    } else {
      joined.push_back(line);
    }
    comment = !quoted && is_comment(line);
    const bool odd = std::count(line.begin(), line.end(), '"') % 2 != 0;
    if (!comment && odd) quoted = !quoted;
  }
  return joined;
}

/// What follows "ASSUMED:" on a line that guesses; a sentence about the word has none behind it.
std::string guess(const std::string& line) {
  static const std::regex kGuess(R"(ASSUMED[:,] +([^"]*[^"\s}]))");
  std::smatch match;
  return std::regex_search(line, match, kGuess) ? match[1].str() : "";
}

/// Whether `path` is `above`, or a key below it.
bool lies_in(const std::string& path, const std::string& above) {
  return path == above || path.rfind(above + '.', 0) == 0;
}

}  // namespace

std::vector<AssumedKey> assumed_keys(const std::string& file) {
  static const std::regex kKey(R"(^( *)([A-Za-z0-9_]+):(\s.*)?$)");
  std::vector<AssumedKey> assumed;
  OpenKeys open;
  std::string above;  // the guess of a comment that waits for its key
  const auto add = [&](const std::string& key, const std::string& reason) {
    for (const AssumedKey& known : assumed) {
      if (!known.key.empty() && lies_in(key, known.key)) return;
    }
    assumed.push_back({key, reason});
  };
  for (const std::string& line : joined_lines(file)) {
    const std::string reason = guess(line);
    std::smatch match;
    if (is_comment(line)) {
      if (!reason.empty()) above = reason;
    } else if (std::regex_match(line, match, kKey)) {
      const bool first = open.path().empty();
      open.enter(static_cast<std::size_t>(match[1].length()), match[2].str());
      if (!above.empty()) add(first ? "" : open.path(), above);
      if (above.empty() && !reason.empty()) add(open.path(), reason);
      above.clear();
    }
  }
  return assumed;
}

}  // namespace nibble
