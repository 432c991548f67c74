#include "sim/report/description.h"

#include <cmath>
#include <vector>

#include "sim/report/chip_diagram.h"
#include "sim/report/page.h"
#include "sim/report/summary_sources.h"
#include "sim/report/text_layout.h"

namespace nibble {
namespace {

void head(Page& page, const Json& facts) {
  const long long cores = whole(facts, "cores");
  page.line("NibbleSim | chip {} | {:.2f} TOPS in 4 bits, {:.1f} GB/s, {:.2f} mm2",
            text(facts, "chip"), number(facts, "peak_tops"),
            number(facts.at("dram"), "peak_gb_per_s"), number(facts.at("area_mm2"), "total"));
  page.line("{} at {:g} MHz; nothing is simulated here",
            cores == 1 ? "1 core" : fmt::format("{} cores", cores), number(facts, "clock_mhz"));
  if (facts.contains("overrides")) {
    for (const Json& change : facts.at("overrides"))
      page.line("--set {}", change.get<std::string>());
  }
  add_what_ifs(page, facts.at("ideal"));
}

const char* format_name(const std::string& format) {
  if (format == "nibble4") return "INT4, FP4 on the 4-bit array";
  return format == "fp8" ? "FP8 on the FP16 tile, ASSUMED" : "FP16 on the FP16 tile";
}

void peaks(Page& page, const Json& facts) {
  page.heading("Peaks, and the work that balances array and DRAM");
  page.line("  {:<30}{:>14}{:>16}{:>14}{:>18}", "", "MACs a cycle", "peak", "MACs a byte",
            "uses of a value");
  for (const auto& [format, at] : facts.at("formats").items()) {
    page.line(
        "  {:<30}{:>14}{:>16}{:>14.1f}{:>18.1f}", format_name(format),
        grouped(whole(at, "macs_per_cycle")),
        fmt::format("{:.2f} {}", number(at, "peak_tops"), format == "nibble4" ? "TOPS" : "TFLOPS"),
        number(at, "balance_macs_per_byte"), number(at, "balance_uses"));
  }
  page.line(
      "  (MACs for every byte of DRAM at which both take equally long; that is, how often each");
  page.line("  value that is fetched has to be multiplied. With fewer the DRAM is the limit.)");
}

void rows(Page& page, const Json& facts) {
  if (is_set(facts.at("ideal"), "array")) return;  // no load, no end
  page.heading("Rows for 90 % of an array's peak, by the closed form of a tile's cycles");
  page.line("  {:<30}{:>12}{:>18}{:>18}{:>18}", "", "hide a load", "one chunk", "8 chunks",
            "64 chunks");
  for (const auto& [format, at] : facts.at("formats").items()) {
    std::vector<std::string> cells;
    for (const Json& depth : at.at("rows_for_90_percent")) {
      cells.push_back(
          depth.at("rows").is_null()
              ? "never"
              : fmt::format("{} (K {})", grouped(whole(depth, "rows")), whole(depth, "k")));
    }
    page.line("  {:<30}{:>12}{:>18}{:>18}{:>18}", format_name(format),
              whole(at, "weight_load_cycles"), cells.at(0), cells.at(1), cells.at(2));
  }
  page.line(
      "  (rows that stream past one block of weights: images x pixels of a convolution, images or");
  page.line(
      "  tokens of a fully connected layer; up to {} stay in the accumulators. The next weights "
      "load",
      grouped(whole(facts.at("core"), "accumulator_rows")));
  page.line("  meanwhile; a command starts with a load that nothing hides, and ends by emptying.)");
}

/// Whole bytes, or tenths where the memory's clock is another.
std::string per_cycle(double bytes) {
  const double whole_bytes = std::round(bytes);
  return bytes == whole_bytes ? grouped(std::llround(bytes)) : fmt::format("{:.1f}", bytes);
}

void bandwidths(Page& page, const Json& facts) {
  const Json& all = facts.at("bandwidth");
  const double dram = number(all.at("dram"), "gb_per_s");
  page.heading(whole(facts, "cores") == 1 ? "Bandwidths" : "Bandwidths of all cores together");
  page.line("  {:<44}{:>14}{:>14}{:>12}", "", "B/cycle", "", "of DRAM's");
  const auto row = [&](const char* key, const char* name) {
    if (!all.contains(key)) return;
    const Json& at = all.at(key);
    page.line("  {:<44}{:>14}{:>14}{:>10.2f} x", name, per_cycle(number(at, "bytes_per_cycle")),
              with_unit(number(at, "gb_per_s") * 1e9, "B/s"), number(at, "gb_per_s") / dram);
  };
  row("scratchpad", "scratchpad, all banks");
  row("scratchpad_reserved", "  reserved: all units at full rate");
  row("dma", "DMA, each way");
  row("ring_memory", "ring at the memory's stops, each way");
  row("dram", "DRAM, both ways together");
  row("link", "link to other chips, each way");
}

void area(Page& page, const Json& facts) {
  const Json& parts = facts.at("area_mm2");
  page.heading(fmt::format("Area: {:.2f} mm2 at {} nm, without wires, DMA and sequencer",
                           number(parts, "total"), whole(facts, "energy_node_nm")));
  for (const auto& [part, mm2] : parts.items()) {
    if (part == "total" || mm2.get<double>() == 0) continue;
    page.share(part, mm2.get<double>(), number(parts, "total"),
               fmt::format("{:.3f} mm2", mm2.get<double>()));
  }
  const Json& leakage = facts.at("leakage_w");
  page.line("  power at full rate: arrays {}, DRAM {}; leakage {} ({} to {})",
            with_unit(number(facts, "array_power_w"), "W"),
            with_unit(number(facts, "dram_power_w"), "W"), with_unit(number(leakage, "value"), "W"),
            with_unit(number(leakage, "low"), "W"), with_unit(number(leakage, "high"), "W"));
}

/// From hundredths of a picojoule to hundreds, three digits of each.
std::string picojoules(double pj) {
  return fmt::format(pj < 1 ? "{:.3f}" : pj < 10 ? "{:.2f}" : "{:.1f}", pj);
}

void energies(Page& page, const Json& facts) {
  const Json& macs = facts.at("mac_energy");
  const Json& actions = facts.at("action_energy_pj");
  const double int4 = number(macs.at("int4"), "pj");
  page.heading(fmt::format("Energy, picojoules at {} nm ({})", whole(facts, "energy_node_nm"),
                           text(facts, "energy_table")));
  page.line("  {:<48}{:>10}{:>20}{:>14}", "", "pJ", "range", "in INT4 MACs");
  const auto row = [&](const std::string& name, double pj, const Json& range) {
    page.line("  {:<48}{:>10}{:>20}{:>14.1f}", name, picojoules(pj),
              picojoules(number(range, "low")) + " to " + picojoules(number(range, "high")),
              pj / int4);
  };
  const auto mac = [&](const char* key, const char* name) {
    row(name, number(macs.at(key), "pj"), macs.at(key));
  };
  const auto action = [&](const char* key, const char* name) {
    row(name, number(actions.at(key), "value"), actions.at(key));
  };
  mac("int4", "INT4 MAC, forward");
  mac("fp4_even", "FP4 MAC, dgrad");
  mac("fp4_odd", "FP4 MAC, wgrad");
  mac("fp16", "FP16 MAC");
  action("accumulator", "accumulator read and written");
  action("sfu_operation", "SFU operation, one lane");
  action("scratchpad_read_byte", "scratchpad byte read");
  action("scratchpad_write_byte", "scratchpad byte written");
  if (whole(facts, "cores") > 1) action("ring_byte_hop", "ring byte over one link");
  if (facts.at("bandwidth").contains("link")) action("link_byte", "byte to another chip");
  action("dram_read_byte", "DRAM byte read, in a stream at full rate");
  action("dram_write_byte", "DRAM byte written, in a stream at full rate");
  page.line("  (MACs with the zeros of {}, their range by the models", text(macs, "operands"));
  page.line("  of node and operands; all others by how far published figures lie apart)");
}

void twins(Page& page, const Json& facts) {
  const Json& twin = facts.at("twin");
  const Json& ratio = twin.at("peak_ratio_vs_fp16");
  page.heading(
      fmt::format("The FP16 twin of equal area: the chip's peak is {:.2f} to {:.2f} times its",
                  number(ratio, "low"), number(ratio, "high")));
  page.line("  {:<28}{:>12}{:>16}{:>12}{:>14}{:>14}", "tiles x lanes x columns", "FMAs a core",
            "peak", "ratio", "array", "full rate");
  for (const Json& at : twin.at("candidates")) {
    const Json& array = at.at("array");
    page.line("  {:<28}{:>12}{:>16}{:>10.2f} x{:>14}{:>14}",
              fmt::format("{}x{}x{}", whole(array, "tiles"), whole(array, "lanes"),
                          whole(array, "columns")),
              grouped(whole(array, "macs_per_cycle")),
              fmt::format("{:.2f} TFLOPS", number(at, "peak_tops")),
              number(at, "peak_ratio_vs_fp16"),
              fmt::format("{:.3f} mm2", number(at.at("area_mm2"), "tile")),
              with_unit(number(at, "array_power_w"), "W"));
  }
  const Json& parts = facts.at("area_mm2");
  page.line(
      "  (this chip's two arrays: {:.3f} mm2, {}. A run takes the shape that is fastest for its",
      number(parts, "tile") + number(parts, "fp16_tile"),
      with_unit(number(facts, "array_power_w"), "W"));
  page.line("  workload; MAC for MAC the 4-bit array is {:.1f} times denser.)",
            number(facts.at("silicon"), "area_ratio"));
}

/// What the chip's files guess, each as far as a line holds it.
void assumed(Page& page, const Json& facts) {
  if (!facts.contains("assumed") || facts.at("assumed").empty()) return;
  constexpr std::size_t kLongestKey = 36;
  constexpr std::size_t kLongestReason = 56;
  page.heading("ASSUMED, in the words of the files");
  std::string file;
  for (const Json& at : facts.at("assumed")) {
    if (text(at, "file") != file) {
      file = text(at, "file");
      page.line("  {}", file);
    }
    const std::string key = text(at, "key");
    std::string reason = text(at, "reason");
    if (reason.size() > kLongestReason) reason = reason.substr(0, kLongestReason - 2) + "..";
    page.line("    {:<{}} {}", key.empty() ? "(all of it)" : shortened(key, kLongestKey),
              kLongestKey, reason);
  }
}

}  // namespace

std::string description_page(const Json& facts) {
  Page page;
  head(page, facts);
  add_diagram(page, facts);
  peaks(page, facts);
  rows(page, facts);
  bandwidths(page, facts);
  area(page, facts);
  energies(page, facts);
  twins(page, facts);
  page.heading("What this rests on");
  add_density(page, facts);
  page.line("            at {} nm these netlists would run at {:.0f} MHz; the chip's clock is {:g}",
            whole(facts, "energy_node_nm"), number(facts.at("silicon"), "clock_mhz_at_node"),
            number(facts, "clock_mhz"));
  assumed(page, facts);
  return page.str();
}

}  // namespace nibble
