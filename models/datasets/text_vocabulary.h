// From text to token ids and back, character by character.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace nibble {

using TokenIds = std::vector<std::int32_t>;

/// The bytes that occur in a text, numbered in increasing order.
class CharacterVocabulary {
 public:
  explicit CharacterVocabulary(const std::string& text);

  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(bytes_.size()); }
  /// Throws std::invalid_argument for a byte that is not in the vocabulary.
  [[nodiscard]] TokenIds encode(const std::string& text) const;
  /// Ids below size().
  [[nodiscard]] std::string decode(const TokenIds& ids) const;

 private:
  std::string bytes_;
  std::array<std::int32_t, 256> id_of_{};  // -1: none
};

}  // namespace nibble
