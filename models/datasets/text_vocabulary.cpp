#include "models/datasets/text_vocabulary.h"

#include <stdexcept>

namespace nibble {
namespace {

std::size_t byte(char c) { return static_cast<unsigned char>(c); }

}  // namespace

CharacterVocabulary::CharacterVocabulary(const std::string& text) {
  std::array<bool, 256> occurs{};
  for (const char c : text) occurs[byte(c)] = true;
  id_of_.fill(-1);
  for (std::size_t b = 0; b < occurs.size(); ++b) {
    if (!occurs[b]) continue;
    id_of_[b] = size();
    bytes_.push_back(static_cast<char>(b));
  }
}

TokenIds CharacterVocabulary::encode(const std::string& text) const {
  TokenIds ids;
  ids.reserve(text.size());
  for (const char c : text) {
    ids.push_back(id_of_[byte(c)]);
    if (ids.back() < 0) {
      throw std::invalid_argument("byte " + std::to_string(byte(c)) + " is not in the vocabulary");
    }
  }
  return ids;
}

std::string CharacterVocabulary::decode(const TokenIds& ids) const {
  std::string text;
  text.reserve(ids.size());
  for (const std::int32_t id : ids) text.push_back(bytes_[static_cast<std::size_t>(id)]);
  return text;
}

}  // namespace nibble
