#include "models/datasets/text_vocabulary.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace nibble {
namespace {

// Not the C library's, which depend on the locale.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::size_t byte(char c) { return static_cast<unsigned char>(c); }

/// One past the last character of the word that begins at `begin`.
std::size_t word_end(const std::string& text, std::size_t begin) {
  const auto joins = [&](std::size_t i) {
    return (text[i] == '\'' || text[i] == '-') && i + 1 < text.size() && is_letter(text[i + 1]);
  };
  std::size_t end = begin + 1;
  if (is_letter(text[begin])) {
    while (end < text.size() && (is_letter(text[end]) || joins(end))) ++end;
  } else if (is_digit(text[begin])) {
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  return end;
}

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

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = word_end(text, begin);
    if (text[begin] == '\n') {
      words.emplace_back("<eos>");
    } else if (is_digit(text[begin])) {
      words.emplace_back("N");
    } else if (text[begin] != ' ') {
      words.push_back(text.substr(begin, end - begin));
      std::transform(words.back().begin(), words.back().end(), words.back().begin(), lower);
    }
    begin = end;
  }
  return words;
}

WordVocabulary::WordVocabulary(const std::string& text, std::int32_t most) : words_{"<unk>"} {
  std::map<std::string, std::int64_t> count_of;
  for (const std::string& word : words_of(text)) ++count_of[word];
  std::vector<std::pair<std::string, std::int64_t>> counts(count_of.begin(), count_of.end());
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [word, count] : counts) {
    if (size() >= most) break;
    id_of_[word] = size();
    words_.push_back(word);
  }
}

TokenIds WordVocabulary::encode(const std::string& text) const {
  TokenIds ids;
  for (const std::string& word : words_of(text)) {
    const auto found = id_of_.find(word);
    ids.push_back(found == id_of_.end() ? kUnknown : found->second);
  }
  return ids;
}

}  // namespace nibble
