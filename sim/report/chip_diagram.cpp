#include "sim/report/chip_diagram.h"

#include <string>
#include <vector>

#include "sim/report/text_layout.h"

namespace nibble {
namespace {

// Characters between the borders of the boxes, and between units and scratchpad.
constexpr int kUnitWidth = 30;
constexpr int kWireWidth = 36;
constexpr int kMemoryWidth = 24;
constexpr int kWholeWidth = kUnitWidth + kWireWidth + kMemoryWidth + 2;
constexpr int kDownWire = 4;  // column of the wire from the DMA to ring or memory

std::string rate(const Json& facts, double bytes_per_cycle) {
  return with_unit(bytes_per_cycle * number(facts, "clock_mhz") * 1e6, "B/s");
}

enum class Direction { to_unit, from_unit, both };

struct Line {
  std::string unit, wire;
};

/// "<- A row     32 B/cycle  32.0 GB/s -"
std::string wire(const Json& facts, const char* name, double bytes_per_cycle, Direction direction) {
  return fmt::format("{} {:<8}{:>6} B/cycle{:>10} {}",
                     direction == Direction::from_unit ? "--" : "<-", name,
                     fmt::format("{:g}", bytes_per_cycle), rate(facts, bytes_per_cycle),
                     direction == Direction::to_unit ? "--" : "->");
}

std::string array_name(const Json& array, const std::string& what) {
  const long long tiles = whole(array, "tiles");
  return tiles == 1 ? what : fmt::format("{}: {} tiles of", what, tiles);
}

/// An array of `streams` with the streams of its operands and results.
void add_array(std::vector<Line>& lines, const Json& facts, const Json& array, const Json& streams,
               const std::string& name, const std::string& rate_text) {
  const auto flow = [&](const char* label, const char* key, Direction direction) {
    return wire(facts, label, number(streams, key), direction);
  };
  lines.push_back(
      {array_name(array, name), flow("A row", "a_bytes_per_cycle", Direction::to_unit)});
  lines.push_back(
      {fmt::format("{} lanes x {} columns", whole(array, "lanes"), whole(array, "columns")),
       flow("B row", "b_bytes_per_cycle", Direction::to_unit)});
  lines.push_back({rate_text, flow("C row", "c_bytes_per_cycle", Direction::from_unit)});
  lines.push_back({});
}

/// The units of a core; an empty line ends each.
std::vector<Line> units(const Json& facts) {
  const Json& core = facts.at("core");
  const Json& bandwidth = facts.at("bandwidth");
  const auto of_core = [&](const char* key) {
    return number(bandwidth.at(key), "bytes_per_cycle") / number(facts, "cores");
  };
  std::vector<Line> lines;
  const Json& array = facts.at("array");
  add_array(lines, facts, array, core.at("tile"), "4-bit array",
            grouped(whole(array, "macs_per_cycle")) + " MACs a cycle");
  if (core.contains("fp16_tile")) {
    add_array(lines, facts, core.at("fp16_tile"), core.at("fp16_tile"), "FP16 tile",
              grouped(whole(array, "fp16_tile_fmas")) + " FMAs a cycle");
  }
  lines.push_back({fmt::format("SFU: {} lanes", whole(core, "sfu_lanes")),
                   wire(facts, "port", of_core("sfu_port"), Direction::both)});
  lines.push_back({});
  lines.push_back(
      {"DMA, each way up to", wire(facts, "loads", of_core("dma"), Direction::from_unit)});
  lines.push_back({fmt::format("{} x {} bytes under way", whole(core, "dma_outstanding"),
                               grouped(whole(core, "dma_descriptor_bytes"))),
                   wire(facts, "stores", of_core("dma"), Direction::to_unit)});
  lines.push_back({});
  return lines;
}

std::vector<std::string> scratchpad(const Json& facts) {
  const Json& core = facts.at("core");
  const auto per_cycle = [&](const char* key) {
    return number(facts.at("bandwidth").at(key), "bytes_per_cycle") / number(facts, "cores");
  };
  return {"scratchpad",
          bytes_text(number(core, "scratchpad_bytes")),
          bytes_text(number(core, "stream_buffer_bytes")) + " of it stream",
          "",
          fmt::format("{:g} B/cycle", per_cycle("scratchpad")),
          rate(facts, per_cycle("scratchpad")),
          fmt::format("{:g} B/cycle if all", per_cycle("scratchpad_reserved")),
          "units work at once"};
}

std::string border(int width) {
  return "+" + std::string(static_cast<std::size_t>(width), '-') + "+";
}

void add_core(Page& page, const Json& facts) {
  const std::vector<Line> lines = units(facts);
  const std::vector<std::string> memory = scratchpad(facts);
  const std::size_t first = (lines.size() - memory.size()) / 2;
  const std::string gap(kWireWidth, ' ');
  page.line("  {}{}{}", border(kUnitWidth), gap, border(kMemoryWidth));
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const bool ends = lines[i].unit.empty();
    const std::string left =
        ends ? border(kUnitWidth) : fmt::format("| {:<{}}|", lines[i].unit, kUnitWidth - 1);
    const bool says = i >= first && i - first < memory.size();
    page.line("  {}{:<{}}|{:^{}}|", left, lines[i].wire, kWireWidth, says ? memory[i - first] : "",
              kMemoryWidth);
  }
  page.line("  {}{}{}", border(kUnitWidth), gap, border(kMemoryWidth));
}

void add_box(Page& page, const std::vector<std::string>& lines) {
  page.line("  {}", border(kWholeWidth + 2));
  for (const std::string& text : lines) page.line("  | {:<{}}|", text, kWholeWidth + 1);
  page.line("  {}", border(kWholeWidth + 2));
}

/// What the wire down from one part to the next carries.
void add_down(Page& page, const std::string& carries) {
  const std::string indent(kDownWire, ' ');
  page.line("  {}^ |", indent);
  page.line("  {}| v   {}", indent, carries);
}

std::string each_way(const Json& facts, const Json& bandwidth) {
  return fmt::format("{:g} B/cycle, {} each way", number(bandwidth, "bytes_per_cycle"),
                     rate(facts, number(bandwidth, "bytes_per_cycle")));
}

std::string plural(long long count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// What several cores share to reach the memory.
void add_ring(Page& page, const Json& facts) {
  const Json& bandwidth = facts.at("bandwidth");
  const Json& ring = facts.at("ring");
  const double dma = number(bandwidth.at("dma"), "bytes_per_cycle") / number(facts, "cores");
  add_down(page, fmt::format("each core {:g} B/cycle, {} each way", dma, rate(facts, dma)));
  add_box(page, {fmt::format("ring: stops of {} cores and {} of the memory, {} to the next stop",
                             whole(facts, "cores"), whole(ring, "memory_stops"),
                             plural(whole(ring, "hop_cycles"), "cycle")),
                 fmt::format("two ways round, a link {:g} B/cycle, {}",
                             number(bandwidth.at("ring_link"), "bytes_per_cycle"),
                             rate(facts, number(bandwidth.at("ring_link"), "bytes_per_cycle")))});
  add_down(page,
           each_way(facts, bandwidth.at("ring_memory")) + ", all stops of the memory together");
}

}  // namespace

void add_diagram(Page& page, const Json& facts) {
  const Json& bandwidth = facts.at("bandwidth");
  const long long cores = whole(facts, "cores");
  page.heading(cores == 1 ? "Block diagram"
                          : fmt::format("Block diagram: each of {} cores", cores));
  add_core(page, facts);
  if (cores > 1) {
    add_ring(page, facts);
  } else {
    add_down(page, each_way(facts, bandwidth.at("dma")));
  }
  const Json& dram = facts.at("dram");
  const long long channels = whole(dram, "channels");
  std::vector<std::string> memory{
      fmt::format("DRAM: {} of {}, {}", plural(channels, "channel"), text(dram, "device"),
                  bytes_text(number(dram, "capacity_bytes"))),
      fmt::format("{:g} B/cycle, {:.1f} GB/s both ways together, {:.1f} a channel",
                  number(bandwidth.at("dram"), "bytes_per_cycle"), number(dram, "peak_gb_per_s"),
                  number(dram, "peak_gb_per_s") / static_cast<double>(channels))};
  add_box(page, memory);
  if (bandwidth.contains("link")) {
    const long long workers = whole(facts.at("ring"), "workers");
    page.line("  link to other chips: {}; {}", each_way(facts, bandwidth.at("link")),
              workers == 1 ? "trains alone, unused"
                           : fmt::format("{} chips exchange gradients", workers));
  }
}

}  // namespace nibble
