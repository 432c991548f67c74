#include "sim/energy/energy_table.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr const char* kCommitted = NIBBLE_SOURCE_DIR "/configs/energy/horowitz_45nm.yaml";

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
      (void)read_energy_table(file);
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
  const EnergyTable table = read_energy_table(kCommitted);
  CHECK(table.name == "horowitz_45nm");
  CHECK(table.node_nm == 45);
  CHECK(table.fp16_mac_pj == 1.5);
  CHECK(table.sfu_operation_pj == 2.3);
  CHECK(table.fp8_mac_pj == 0.75);
  CHECK(table.ring_byte_hop_pj == 2.9);
  CHECK(table.link_byte_pj == 40);
  CHECK(table.fp16_fma_um2 == 3000);
  CHECK(table.sram_bit_um2 == 0.55);
  CHECK(table.sfu_lane_um2 == 11900);
}

TEST_CASE("A missing, unknown or negative entry is a bad input with its place") {
  TableFolder folder;
  CHECK(folder.fault_with("  fp4_mac: 0.10", "  fp4_mac: 0.10") == "");
  const std::string missing = folder.fault_with("  fp4_mac: 0.10", "");
  CHECK(missing.find("pj.fp4_mac: is missing") != std::string::npos);
  const std::string negative = folder.fault_with("  fp4_mac: 0.10", "  fp4_mac: -0.10");
  CHECK(negative.find("pj.fp4_mac: -0.10 is out of range") != std::string::npos);
  const std::string unknown = folder.fault_with("  fp4_mac: 0.10", "  fp4_mac: 1\n  fp5_mac: 1");
  CHECK(unknown.find("pj.fp5_mac: unknown key") != std::string::npos);
}

}  // namespace nibble
