#include "sim/import/distinct_names.h"

#include "sim/import/imported_network.h"

namespace nibble {
namespace {

constexpr std::size_t kLongestName = 100;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string plain_name(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, kLongestName)) {
    const bool keeps = is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
    name += keeps ? c : '_';
  }
  if (name.empty() || !is_letter(name.front())) name.insert(0, "n");
  if (name == "null" || name == "Null" || name == "NULL") name += '_';  // YAML's word for nothing
  return name;
}

std::string DistinctNames::take(std::string_view wish) {
  const std::string name = plain_name(wish);
  std::string candidate = name;
  for (int i = 2; !taken_.insert(candidate).second; ++i) candidate = name + "_" + std::to_string(i);
  return candidate;
}

std::string network_name(const std::string& option, const std::string& file) {
  if (!option.empty()) return plain_name(option);
  const std::string name = file.substr(file.find_last_of('/') + 1);
  return plain_name(name.substr(0, name.find_last_of('.')));
}

}  // namespace nibble
