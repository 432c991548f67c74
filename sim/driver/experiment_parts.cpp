#include "sim/driver/experiment_parts.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "sim/config/chip_config.h"
#include "sim/config/network_reader.h"

namespace nibble {
namespace {

/// Whether a reader that was handed an override stumbles over something else than its key.
bool knows_key(const std::function<void()>& read) {
  try {
    read();
  } catch (const BadInput& fault) {
    return fault.kind() != FaultKind::unknown_key;
  }
  return true;
}

}  // namespace

std::string configs_folder_of(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::string above;
  if (folder.empty() || folder.filename() == "." || folder.filename() == "..") {
    above = (folder / "..").string();
  } else {
    above = folder.has_parent_path() ? folder.parent_path().string() : ".";
  }
  constexpr const char* kHere = "configs";
  const auto chips = [](const std::string& configs) {
    return (std::filesystem::path(configs) / "chips").string();
  };
  for (const std::string& configs : {above, std::string(kHere)}) {
    std::error_code ignored;
    if (std::filesystem::is_directory(chips(configs), ignored)) return configs;
  }
  throw bad_file(file,
                 fmt::format("the files it names are not found: there is neither {} nor {}",
                             chips(above), chips(kHere)),
                 "allowed is a file in a folder beside chips/, or in chips/ itself, or a run where "
                 "configs/ is");
}

std::vector<std::string> name_notes(const std::vector<NamedFile>& files,
                                    const std::vector<YamlOverride>& overrides) {
  std::vector<std::string> notes;
  for (const NamedFile& at : files) {
    const bool by_hand =
        std::any_of(overrides.begin(), overrides.end(),
                    [&](const YamlOverride& change) { return change.path == at.path; });
    if (by_hand || std::filesystem::path(at.file).stem() == at.name) continue;
    notes.push_back(fmt::format("{}: {}: is {}, which is what pages and results will say", at.file,
                                at.path.back(), at.name));
  }
  return notes;
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
                    fmt::format("unknown key (did you mean {}?)", path), fault.allowed(),
                    FaultKind::unknown_key);
  }
  return fault;
}

}  // namespace nibble
