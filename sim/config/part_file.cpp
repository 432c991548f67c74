#include "sim/config/part_file.h"

#include <algorithm>
#include <filesystem>

#include "sim/config/nearest_word.h"

namespace nibble {

std::vector<std::string> names_in(const std::string& folder, const std::string& extension) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == extension) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string part_file(const YamlMap& map, const std::string& key, const std::string& configs,
                      const std::string& folder, const std::string& extension) {
  const std::string name = map.string(key);
  const std::string path = configs + "/" + folder;
  std::string file = path + "/" + name + extension;
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return file;
  const std::vector<std::string> names = names_in(path, extension);
  const BadInput unknown =
      map.error(key, unknown_fault(key + " " + name, name, names), allowed_words(names));
  throw BadInput({unknown.file(), unknown.line(), unknown.column()}, unknown.key(), unknown.fault(),
                 unknown.allowed(), FaultKind::bad_value);
}

}  // namespace nibble
