#include "sim/report/alike_names.h"

#include <algorithm>

namespace nibble {

std::string without_digits(const std::string& name) {
  std::string rest;
  for (const char letter : name) {
    if (letter < '0' || letter > '9') rest += letter;
  }
  return rest;
}

std::string common_name(const std::string& a, const std::string& b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t head = 0;
  while (head < shorter && a[head] == b[head] && a[head] != '*') ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  return a.substr(0, head) + '*' + a.substr(a.size() - tail);
}

}  // namespace nibble
