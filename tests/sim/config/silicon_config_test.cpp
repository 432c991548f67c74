// Areas of netlists: the committed files, and what is refused.
#include "sim/config/silicon_config.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/sim/config/fault_text.h"

namespace nibble {
namespace {

const std::string kConfigs = NIBBLE_SOURCE_DIR "/configs";

constexpr const char* kFile = R"(silicon: made_up
node_nm: 180
supply_v: 1.8
clock_ns: 12.5
area_um2:
  nibble4_mac:
    - {lanes: 4, value: 400, netlist: four, recipe: fast}
    - {lanes: 16, value: 160, netlist: sixteen, recipe: fast}
  fp16_fma: {value: 1000, netlist: fma, recipe: small}
  fp16_adder: {value: 500, netlist: adder, recipe: small}
  fp16_dot:
    - {lanes: 16, value: 700, netlist: dot_16, recipe: small}
    - {lanes: 64, value: 580, netlist: dot_64, recipe: small}
  fp8_fma: {value: 560, netlist: fp8, recipe: small}
mac_pj:
  int4: {constant: 4, column: 64, streamed: 2, nonzero: 3, error: 0.2, largest_error: 0.3, netlists: columns}
  fp4_even: {constant: 10, column: 96, streamed: 5, nonzero: 0, error: 0.3, largest_error: 0.4, netlists: columns}
  fp4_odd: {constant: 11, column: 97, streamed: 6, nonzero: 1, error: 0.4, largest_error: 0.5, netlists: columns}
  fp16_fma: {constant: 50, column: 0, streamed: 20, nonzero: 40, error: 0.25, largest_error: 0.5, netlists: fma}
operands:
  source: made_up
  int4: {streamed_nonzero: 0.5, nonzero: 0.25}
  fp4_even: {streamed_nonzero: 0.75, nonzero: 0.5}
  fp4_odd: {streamed_nonzero: 0.875, nonzero: 0.125}
  fp16: {streamed_nonzero: 1, nonzero: 0.5}
  fp16_step: {streamed_nonzero: 0.625, nonzero: 0.5}
)";

/// Writes the file with `from` replaced, and reads it; removed at the end.
class CellsFile {
 public:
  explicit CellsFile(const std::string& from = "", const std::string& to = "")
      : path_(std::filesystem::temp_directory_path() /
              ("nibble_cells_" + std::to_string(getpid()) + ".yaml")) {
    std::string text = kFile;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    std::ofstream(path_) << text.replace(at, from.size(), to);
  }
  ~CellsFile() { std::filesystem::remove(path_); }
  CellsFile(const CellsFile&) = delete;
  CellsFile& operator=(const CellsFile&) = delete;

  [[nodiscard]] SiliconCells read() const { return read_silicon_cells(path_.string()); }
  /// "LINE:COLUMN: KEY: ..."
  [[nodiscard]] std::string fault() const {
    const std::string what = fault_text([&] { (void)read(); });
    const std::string name = path_.string() + ":";
    return what.compare(0, name.size(), name) == 0 ? what.substr(name.size()) : what;
  }

 private:
  std::filesystem::path path_;
};

std::string fault_of(const std::string& from, const std::string& to) {
  return CellsFile(from, to).fault();
}

}  // namespace

TEST_CASE("A file of areas is read entry by entry") {
  const SiliconCells cells = CellsFile().read();
  CHECK(cells.library == "made_up");
  CHECK(cells.node_nm == 180);
  CHECK(cells.supply_v == 1.8);
  CHECK(cells.clock_ns == 12.5);
  CHECK(cells.nibble4_mac.mac_um2(4) == Approx(400));
  CHECK(cells.nibble4_mac.mac_um2(16) == Approx(160));
  CHECK(cells.nibble4_mac.netlists(8) == "between four and sixteen");
  CHECK(cells.fp16_fma.um2 == 1000);
  CHECK(cells.fp16_fma.netlist == "fma");
  CHECK(cells.fp16_adder.um2 == 500);
  CHECK(cells.fp16_dot.mac_um2(64) == Approx(580));
  CHECK(cells.fp8_fma.um2 == 560);
  const CellEnergies& energies = cells.energies;
  CHECK(energies.int4.constant_pj == 4);
  CHECK(energies.int4.column_pj == 64);
  CHECK(energies.int4.streamed_pj == 2);
  CHECK(energies.int4.nonzero_pj == 3);
  CHECK(energies.int4.netlists == "columns");
  CHECK(energies.fp4_even.streamed_pj == 5);
  CHECK(energies.fp4_odd.streamed_pj == 6);
  CHECK(energies.fp16_fma.error == 0.25);
  CHECK(energies.operands.int4.streamed_nonzero == 0.5);
  CHECK(energies.operands.fp4_even.nonzero == 0.5);
  CHECK(energies.operands.fp4_odd.nonzero == 0.125);
  CHECK(energies.operands.fp16.streamed_nonzero == 1);
  CHECK(energies.operands.fp16_step.streamed_nonzero == 0.625);
  CHECK(energies.operands.source == "made_up");
  CHECK(!energies.operands.int4.given);
}

TEST_CASE("The committed library is read, a 4-bit MAC takes least in the longest column") {
  const SiliconCells cells = read_silicon_cells(kConfigs + "/silicon/osu018_cells.yaml");
  CHECK(cells.library == "osu018");
  CHECK(cells.nibble4_mac.mac_um2(4) > 2 * cells.nibble4_mac.mac_um2(64));
  CHECK(cells.nibble4_mac.netlists(64) == "tile_64x2 - tile_64x1");
  CHECK(cells.fp16_fma.um2 > cells.fp16_dot.mac_um2(64));
  CHECK(cells.fp16_dot.mac_um2(64) > 4 * cells.nibble4_mac.mac_um2(64));
  CHECK(cells.fp8_fma.um2 > cells.fp16_fma.um2 / 2);
  CHECK(cells.fp8_fma.um2 < cells.fp16_fma.um2);
  const CellEnergies& energies = cells.energies;
  const WorkloadOperands& operands = energies.operands;
  const auto pj = [](const MacEnergy& mac, const OperandShares& shares, int lanes) {
    return mac.issued_pj(lanes) + mac.useful_pj(shares);
  };
  const double int4 = pj(energies.int4, operands.int4, 64);
  CHECK(pj(energies.int4, operands.int4, 16) > int4);
  CHECK(pj(energies.fp4_even, operands.fp4_even, 64) > int4);
  CHECK(pj(energies.fp4_odd, operands.fp4_odd, 64) > pj(energies.fp4_even, operands.fp4_even, 64));
  CHECK(pj(energies.fp16_fma, operands.fp16_step, 1) > 5 * int4);
}

TEST_CASE("A chip's own shares of operands replace those it names") {
  const auto operands = [](const std::string& text) {
    const YamlMap map = YamlMap::parse("cells: osu018_cells\nfp16_unit: fma\n" + text, "chip");
    Silicon silicon = read_silicon(map, kConfigs);
    map.finish();
    return silicon;
  };
  const Silicon plain = operands("");
  CHECK(!plain.operands.int4.given);
  CHECK(plain.operands.source == plain.cells.energies.operands.source);
  const Silicon what_if = operands("operands: {int4: {streamed_nonzero: 0.25, nonzero: 0.125}}\n");
  CHECK(what_if.operands.int4.given);
  CHECK(!what_if.operands.fp4_odd.given);
  CHECK(what_if.operands.source == "silicon.operands, else " + plain.operands.source);
  CHECK(what_if.operands.int4.streamed_nonzero == 0.25);
  CHECK(what_if.operands.int4.nonzero == 0.125);
  CHECK(what_if.operands.fp4_odd.nonzero == plain.operands.fp4_odd.nonzero);
  CHECK(fault_text([&] {
          (void)operands("operands: {fp4_odd: {streamed_nonzero: 0.25, nonzero: 0.5}}\n");
        })
            .find("operands.fp4_odd.nonzero: 0.5 is out of range, allowed is a number from 0 to "
                  "0.25") != std::string::npos);
  CHECK(fault_text([&] {
          (void)operands("operands: {int5: {}}\n");
        }).find("operands.int5: unknown key") != std::string::npos);
}

TEST_CASE(
    "An area that is missing, unknown, out of range or of no netlist is refused with its place") {
  const std::string sixteen = "{lanes: 16, value: 160, netlist: sixteen, recipe: fast}";
  const auto entry = [&](const std::string& numbers) {
    return fault_of(sixteen, "{" + numbers + ", netlist: sixteen, recipe: fast}");
  };
  CHECK(fault_of("silicon: made_up", "library: made_up").find("silicon: is missing") !=
        std::string::npos);
  CHECK(fault_of("180", "180.5") ==
        "2:10: node_nm: 180.5 is not a whole number, allowed is a whole number from 1 to 1000");
  CHECK(fault_of("12.5", "0").find("4:11: clock_ns: 0 is out of range") == 0);
  CHECK(fault_of("supply_v: 1.8", "supply_v: 0").find("3:11: supply_v: 0 is out of range") == 0);
  CHECK(fault_of("fp16_adder", "fp16_add").find("area_um2.fp16_adder: is missing") !=
        std::string::npos);
  CHECK(fault_of("  fp8_fma:", "  fp4_fma: 3\n  fp8_fma:")
            .find("area_um2.fp4_fma: unknown key (did you mean fp8_fma?)") != std::string::npos);
  CHECK(fault_of("{value: 1000,", "{value: 0,").find("9:21: area_um2.fp16_fma.value: 0 is out") ==
        0);
  CHECK(fault_of("netlist: fma, ", "").find("area_um2.fp16_fma.netlist: is missing") !=
        std::string::npos);
  CHECK(fault_of("netlist: fma, recipe: small", "netlist: fma")
            .find("area_um2.fp16_fma.recipe: is missing") != std::string::npos);
  CHECK(entry("value: 160").find("area_um2.nibble4_mac[1].lanes: is missing") != std::string::npos);
  CHECK(
      entry("lanes: 4, value: 160") ==
      "8:15: area_um2.nibble4_mac[1].lanes: 4 is out of range, allowed is a whole number from 5 to "
      "1024");
  // Sixteen lanes take no less than four, 1600 um2, and a MAC of them no more, 400.
  CHECK(entry("lanes: 16, value: 100") == "no fault");
  CHECK(
      entry("lanes: 16, value: 99.9") ==
      "8:26: area_um2.nibble4_mac[1].value: 99.9 is out of range, allowed is a number from 100 to "
      "400");
  CHECK(entry("lanes: 16, value: 400.1").find("8:26: area_um2.nibble4_mac[1].value: 400.1 is") ==
        0);
  CHECK(fault_of("    - " + sixteen + "\n", "") ==
        "7:5: area_um2.nibble4_mac: has too few columns, allowed are at least two, to interpolate");
  CHECK(fault_of("  fp16_dot:\n    - {lanes: 16", "  fp16_dot: 3\n  was:\n    - {lanes: 16")
            .find("11:13: area_um2.fp16_dot: is not a list") == 0);
}

TEST_CASE("A chip names a file of areas and its FP16 unit, a ratio is optional") {
  const auto read = [](const std::string& text) {
    const YamlMap map = YamlMap::parse(text, "chip.yaml");
    Silicon silicon = read_silicon(map, kConfigs);
    map.finish();
    return silicon;
  };
  const Silicon chains = read("{cells: osu018_cells, fp16_unit: fma}");
  CHECK(chains.cells.library == "osu018");
  CHECK(chains.fp16_unit == Fp16Unit::fma);
  CHECK_FALSE(chains.given_ratio.has_value());
  const Silicon dots = read("{cells: osu018_cells, fp16_unit: dot_product, area_ratio: 7.3}");
  CHECK(dots.fp16_unit == Fp16Unit::dot_product);
  CHECK(dots.given_ratio == 7.3);
  for (const Fp16Unit unit : {Fp16Unit::fma, Fp16Unit::dot_product}) {
    const std::string text =
        std::string("{cells: osu018_cells, fp16_unit: ") + fp16_unit_name(unit);
    CHECK(read(text + "}").fp16_unit == unit);
  }
  const auto fault = [&](const std::string& text) { return fault_text([&] { (void)read(text); }); };
  CHECK(fault("{cells: osu018, fp16_unit: fma}")
            .find("chip.yaml:1:9: cells: unknown cells osu018, allowed is osu018_cells") == 0);
  CHECK(fault("{fp16_unit: fma}").find("cells: is missing") != std::string::npos);
  CHECK(fault("{cells: osu018_cells}").find("fp16_unit: is missing") != std::string::npos);
  CHECK(fault("{cells: osu018_cells, fp16_unit: mac}")
            .find("fp16_unit: unknown value mac, allowed are fma, dot_product") !=
        std::string::npos);
  CHECK(fault("{cells: osu018_cells, fp16_unit: fma, area_ratio: 0}")
            .find("area_ratio: 0 is out of range, allowed is a number from 0.1 to 1000") !=
        std::string::npos);
  CHECK(fault("{cells: osu018_cells, fp16_unit: fma, ratio: 7}").find("ratio: unknown key") !=
        std::string::npos);
}

}  // namespace nibble
