#include "sim/energy/energy_table.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "sim/base/bad_input.h"
#include "sim/config/silicon_config.h"

namespace nibble {
namespace {

const std::string kConfigs = NIBBLE_SOURCE_DIR "/configs";
const std::string kCommitted = kConfigs + "/energy/horowitz_45nm.yaml";

constexpr const char* kSfuEntry = "  sfu_operation: {value: 2.3, low: 0.9, high: 4.6, source: \"";

/// A folder for an energy table, removed at the end.
class TableFolder {
 public:
  TableFolder()
      : path_(std::filesystem::temp_directory_path() /
              ("nibble_energy_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TableFolder() { std::filesystem::remove_all(path_); }

  /// The committed table with `from` replaced.
  std::string fault_with(const std::string& from, const std::string& to) {
    std::ifstream committed(kCommitted);
    std::stringstream buffer;
    buffer << committed.rdbuf();
    std::string text = buffer.str();
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    const std::string file = (path_ / "table.yaml").string();
    std::ofstream(file) << text;
    try {
      (void)read_energy_table(kConfigs, file, 180);
      return "";
    } catch (const BadInput& error) {
      const std::string what = error.what();
      return what.substr(what.find("table.yaml"));
    }
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("The committed table is read entry by entry") {
  const EnergyTable table = read_energy_table(kConfigs, kCommitted, 180);
  CHECK(table.name == "horowitz_45nm");
  CHECK(table.node_nm == 45);
  const auto is = [](const Ranged& entry, double value, double low, double high) {
    return entry.value == value && entry.low == low && entry.high == high;
  };
  CHECK(is(table.accumulator_pj, 1.2, 0.8, 1.7));
  CHECK(is(table.sfu_operation_pj, 2.3, 0.9, 4.6));
  CHECK(is(table.scratchpad_read_byte_pj, 5, 1.25, 12.5));
  CHECK(is(table.scratchpad_write_byte_pj, 6, 1.25, 17.5));
  CHECK(is(table.ring_byte_hop_pj, 3.4, 1.9, 6.2));
  CHECK(is(table.link_byte_pj, 40, 9.4, 125));
  CHECK(is(table.leakage_mw_per_mm2, 5, 0, 136));
  CHECK(is(table.sram_bit_um2, 0.46, 0.346, 1.86));
  CHECK(is(table.sfu_lane_um2, 11900, 7700, 14900));
  CHECK(table.scaling == "stillmaker_baas");
  CHECK(is(table.netlist_area, 0.053, 0.040, 0.066));
  CHECK(is(table.netlist_energy, 0.0265, 0.0265, 0.077));
  CHECK(table.netlist_delay.value == 0.158);
}

TEST_CASE("A table's scaling has to be there and to know the way from the netlists' node") {
  TableFolder folder;
  CHECK(folder.fault_with("scaling: stillmaker_baas", "scaling: moore")
            .find(": scaling: unknown scaling moore, allowed is stillmaker_baas") !=
        std::string::npos);
  CHECK(folder.fault_with("scaling: stillmaker_baas", "scale: stillmaker_baas")
            .find(": scaling: is missing") != std::string::npos);
  CHECK(folder.fault_with("node_nm: 45", "node_nm: 45.5").find("45.5 is not a whole number") !=
        std::string::npos);
  try {
    (void)read_energy_table(kConfigs, kCommitted, 350);
    FAIL("350 nm has a factor");
  } catch (const BadInput& error) {
    CHECK(std::string(error.what()).find("from.350: unknown node, allowed are 180, 45") !=
          std::string::npos);
  }
}

TEST_CASE(
    "Our FP16 multiply-add at the table's node lies in the range that is published for 45 nm") {
  const SiliconCells cells = read_silicon_cells(kConfigs + "/silicon/osu018_cells.yaml");
  const EnergyTable table = read_energy_table(kConfigs, kCommitted, cells.node_nm);
  const double um2 = cells.fp16_fma.um2 * table.netlist_area.value;
  CHECK(um2 > 1640);  // configs/energy/SOURCES.md, section 1
  CHECK(um2 < 3110);
}

TEST_CASE("Our FP16 multiply-add takes what is published for 45 nm and 0.9 V") {
  const SiliconCells cells = read_silicon_cells(kConfigs + "/silicon/osu018_cells.yaml");
  const EnergyTable table = read_energy_table(kConfigs, kCommitted, cells.node_nm);
  const MacEnergy& mac = cells.energies.fp16_fma;
  const double pj = (mac.issued_pj(1) + mac.useful_pj(cells.energies.operands.fp16_step)) *
                    table.netlist_energy.value;
  CHECK(pj > 1.45);  // configs/energy/SOURCES.md, section 1
  CHECK(pj < 2.15);
}

TEST_CASE("An entry that is missing, unknown or no range is a bad input with its place") {
  TableFolder folder;
  const auto says = [&](const std::string& entry, const std::string& fault) {
    const std::string what = folder.fault_with(kSfuEntry, entry);
    INFO(what);
    return what.find("table.yaml:") == 0 && what.find(fault) != std::string::npos;
  };
  const auto entry = [](const std::string& numbers) {
    return "  sfu_operation: {" + numbers + ", source: \"";
  };
  CHECK(folder.fault_with(kSfuEntry, kSfuEntry) == "");
  CHECK(says("  sfu_operations: {value: 1, low: 1, high: 1, source: \"",
             ": pj.sfu_operation: is missing"));
  CHECK(says("  fp5_mac: 1\n" + std::string(kSfuEntry), ": pj.fp5_mac: unknown key"));
  CHECK(says("  sfu_operation: 2.3\n  was: {source: \"", ": pj.sfu_operation: is not a map"));
  CHECK(says(entry("value: 2, low: 2.5, high: 3"),
             ": pj.sfu_operation.low: 2.5 is out of range, allowed is a number from 0 to 2"));
  CHECK(says(entry("value: 2, low: 1, high: 1.5"),
             ": pj.sfu_operation.high: 1.5 is out of range, allowed is a number from 2 to"));
  CHECK(says(entry("value: -2, low: -3, high: 1"), ": pj.sfu_operation.value: -2 is out of range"));
  CHECK(says(entry("value: 2, low: -1, high: 3"), ": pj.sfu_operation.low: -1 is out of range"));
  CHECK(says(entry("value: 2, high: 3"), ": pj.sfu_operation.low: is missing"));
  CHECK(says("  sfu_operation: {value: 2, low: 1, high: 3, note: \"",
             ": pj.sfu_operation.source: is missing"));
  CHECK(says("  sfu_operation: {value: 2, low: 1, high: 3, source: \"\", note: \"",
             ": pj.sfu_operation.source: "));
}

}  // namespace nibble
