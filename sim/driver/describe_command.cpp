#include "sim/driver/describe_command.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/config/assumed_keys.h"
#include "sim/config/nearest_word.h"
#include "sim/config/override_fault.h"
#include "sim/config/part_file.h"
#include "sim/driver/experiment_parts.h"
#include "sim/report/chip_facts.h"
#include "sim/report/description.h"

namespace nibble {
namespace {

using Overrides = std::vector<YamlOverride>;

constexpr const char* kEnding = ".yaml";

struct ChipFile {
  std::string configs, file;
};

/// Where the chip's file lies, and the folder of what it names.
ChipFile find_chip(const std::string& chip) {
  const std::filesystem::path path(chip);
  if (path.extension() == kEnding || path.has_parent_path()) return {configs_folder_of(chip), chip};
  const std::string configs = "configs";
  const std::string folder = configs + "/chips";
  const std::vector<std::string> names = names_in(folder);
  if (names.empty()) {
    throw bad_file("nibblesim describe", fmt::format("there is no chip in {}", folder),
                   "allowed is the path of a chip's file, or a run where configs/ is");
  }
  if (std::find(names.begin(), names.end(), chip) == names.end()) {
    throw bad_file("nibblesim describe", unknown_fault("chip " + chip, chip, names),
                   allowed_words(names) + ", or the path of such a file");
  }
  return {configs, folder + "/" + chip + kEnding};
}

/// Keys as the chip's file has them: "chip." is what an experiment would say before them.
Overrides overrides_of(const DescribeOptions& options) {
  Overrides overrides;
  overrides.reserve(options.sets.size() + 1);
  for (const std::string& set : options.sets) {
    overrides.push_back(parse_override(set));
    std::vector<std::string>& path = overrides.back().path;
    if (path.size() > 1 && path.front() == "chip") path.erase(path.begin());
  }
  if (!options.energy.empty()) {
    overrides.push_back(parse_override("energy=" + options.energy));
    overrides.back().text = "--energy " + options.energy;
  }
  return overrides;
}

/// Whether an option has replaced the key, or all that it lies in.
bool is_overridden(const std::string& key, const Overrides& overrides) {
  return std::any_of(overrides.begin(), overrides.end(), [&](const YamlOverride& change) {
    std::string path;
    for (const std::string& step : change.path) path = key_path(path, step);
    return path == key || key.rfind(path + '.', 0) == 0;
  });
}

/// The guesses of the chip's file and of those it names. An option is no guess of the file's.
Json assumed_json(const ChipFile& at, const ChipConfig& chip, const Overrides& overrides) {
  Json assumed = Json::array();
  const auto add = [&](const std::string& file, const Overrides& changes) {
    for (const AssumedKey& guess : assumed_keys(file)) {
      if (is_overridden(guess.key, changes)) continue;
      assumed.push_back({{"file", file}, {"key", guess.key}, {"reason", guess.reason}});
    }
  };
  add(at.file, overrides);
  add(chip.dram_file, {});
  add(chip.energy_file, {});
  return assumed;
}

}  // namespace

int run_describe(const DescribeOptions& options) {
  const ChipFile at = find_chip(options.chip);
  const std::vector<YamlOverride> overrides = overrides_of(options);
  const auto [chip, table] = read_overridden(overrides, [&](const Overrides& some) {
    ChipConfig config = read_chip_file(at.configs, at.file, some);
    EnergyTable energy =
        read_energy_table(at.configs, config.energy_file, config.silicon.cells.node_nm);
    return std::make_pair(std::move(config), std::move(energy));
  });
  Json facts = chip_facts(chip, table);
  facts["overrides"] = options.sets;
  facts["assumed"] = assumed_json(at, chip, overrides);
  for (const std::string& note : name_notes({{at.file, {"chip"}, chip.name}}, overrides)) {
    fmt::print(stderr, "{}\n", note);
  }
  fmt::print("{}", options.json ? facts.dump(1) + "\n" : description_page(facts));
  return 0;
}

}  // namespace nibble
