#include "sim/sweep/figures.h"

#include <algorithm>

namespace nibble {
namespace {

void add_figures(const Json& at, const std::string& path,
                 std::vector<std::pair<std::string, Json>>& found) {
  for (const auto& [key, value] : at.items()) {
    std::string name = path;
    if (!name.empty()) name += '.';
    name += key;
    if (value.is_object()) {
      add_figures(value, name, found);
    } else if (value.is_primitive() && !value.is_null()) {
      found.emplace_back(name, value);
    }
  }
}

}  // namespace

const Json* number_at(const Json& result, const std::string& key) {
  const Json* at = &result;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    if (!at->is_object()) return nullptr;
    const auto found = at->find(key.substr(begin, end - begin));
    if (found == at->end()) return nullptr;
    at = &*found;
    begin = end + 1;
  }
  return at->is_number() ? at : nullptr;
}

std::optional<double> figure(const Json& result, const std::string& key) {
  const Json* number = number_at(result, key);
  if (number == nullptr) return std::nullopt;
  return number->get<double>();
}

std::vector<std::pair<std::string, Json>> figures(const Json& result) {
  std::vector<std::pair<std::string, Json>> found;
  add_figures(result, "", found);
  return found;
}

std::vector<std::string> number_names(const Json& result) {
  std::vector<std::string> names;
  for (const auto& [name, value] : figures(result)) {
    if (value.is_number()) names.push_back(name);
  }
  return names;
}

}  // namespace nibble
