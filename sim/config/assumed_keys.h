// What a configuration file guesses: the keys that say ASSUMED, in a comment or in their source.
#pragma once

#include <string>
#include <vector>

namespace nibble {

struct AssumedKey {
  std::string key;     // "tile.accumulator_rows"; empty if the comment stands above all keys
  std::string reason;  // the words behind "ASSUMED:", to the end of comment or text
};

/// In the file's order. A comment on lines of its own is that of the key below it; one that speaks
/// for a map speaks for all keys in it. The file is one that YamlMap::load has read, block style.
[[nodiscard]] std::vector<AssumedKey> assumed_keys(const std::string& file);

}  // namespace nibble
