// From text to token ids and back: characters, or words.
#pragma once

#include <array>
#include <cstdint>
#include <map>
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

/// The words of a text. Letters are taken in lower case; an apostrophe or hyphen between two
/// letters belongs to the word ("lord's", "god-ward"); a number is the word "N"; a newline is the
/// word
/// "<eos>"; any other character but a space is a word of its own.
[[nodiscard]] std::vector<std::string> words_of(const std::string& text);

/// Id 0 is "<unk>", every word that is not in the vocabulary; then come the most frequent words of
/// a text, most frequent first, equally frequent ones in the order of their bytes.
class WordVocabulary {
 public:
  static constexpr std::int32_t kUnknown = 0;

  /// At most `most` ids, "<unk>" among them.
  WordVocabulary(const std::string& text, std::int32_t most);

  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(words_.size()); }
  [[nodiscard]] const std::string& word(std::int32_t id) const {
    return words_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] TokenIds encode(const std::string& text) const;

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::int32_t> id_of_;
};

}  // namespace nibble
