#include "sim/config/nearest_word.h"

#include <algorithm>
#include <cstddef>

namespace nibble {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_word(const std::string& wrong, const std::vector<std::string>& words) {
  std::string nearest;
  std::size_t nearest_distance = 0;
  for (const std::string& word : words) {
    const std::size_t distance = edit_distance(wrong, word);
    const std::size_t bound = std::max<std::size_t>(1, std::max(wrong.size(), word.size()) / 3);
    if (distance > bound || distance >= word.size()) continue;
    if (nearest.empty() || distance < nearest_distance) {
      nearest = word;
      nearest_distance = distance;
    }
  }
  return nearest;
}

std::string unknown_fault(const std::string& what, const std::string& wrong,
                          const std::vector<std::string>& words) {
  const std::string nearest = nearest_word(wrong, words);
  if (nearest.empty()) return "unknown " + what;
  return "unknown " + what + " (did you mean " + nearest + "?)";
}

std::string allowed_words(const std::vector<std::string>& words) {
  if (words.empty()) return "nothing is allowed here";
  std::string text = words.size() == 1 ? "allowed is " : "allowed are ";
  for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : ", ") + words[i];
  return text;
}

}  // namespace nibble
