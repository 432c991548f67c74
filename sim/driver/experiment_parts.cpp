#include "sim/driver/experiment_parts.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "sim/config/chip_config.h"
#include "sim/config/nearest_word.h"
#include "sim/config/network_reader.h"

namespace nibble {
namespace {

constexpr const char* kUnknownKey = "unknown key";

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Whether a reader that was handed an override stumbles over something else than its key.
bool knows_key(const std::function<void()>& read) {
  try {
    read();
  } catch (const BadInput& fault) {
    return fault.fault().rfind(kUnknownKey, 0) != 0;
  }
  return true;
}

}  // namespace

std::string part_file(const YamlMap& map, const std::string& key, const std::string& configs,
                      const std::string& folder) {
  const std::string name = map.string(key);
  const std::string path = configs + "/" + folder;
  std::string file = path + "/" + name + ".yaml";
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return file;
  const std::vector<std::string> names = names_in(path);
  throw map.error(key, unknown_fault(key + " " + name, name, names), allowed_words(names));
}

std::string name_note(const std::string& file, const std::string& key, const std::string& name) {
  if (std::filesystem::path(file).stem() == name) return {};
  return fmt::format("{}: {}: is {}, which is what pages and results will say", file, key, name);
}

BadInput with_hint(const BadInput& fault, const std::vector<YamlOverride>& overrides,
                   const std::string& configs, const std::string& chip,
                   const std::string& network_file) {
  for (const YamlOverride& change : overrides) {
    if (change.text != fault.file()) continue;
    std::string part;
    if (knows_key([&] { (void)read_chip(configs, chip, {change}); })) {
      part = "chip";
    } else if (knows_key([&] { (void)read_network(network_file, {change}); })) {
      part = "network";
    } else {
      break;
    }
    std::string path = part;
    for (const std::string& step : change.path) path += "." + step;
    return BadInput({fault.file(), 0, 0}, fault.key(),
                    fmt::format("{} (did you mean {}?)", kUnknownKey, path), fault.allowed());
  }
  return fault;
}

}  // namespace nibble
