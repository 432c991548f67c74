#include "sim/report/summary_costs.h"

#include "sim/report/text_layout.h"

namespace nibble {
namespace {

constexpr std::size_t kLongestName = 20;

void cycles(Page& page, const Json& r) {
  const long long cores = whole(r, "cores");
  const double all = number(r, "cycles") * static_cast<double>(cores);
  page.heading(cores == 1 ? "Where the array's cycles went"
                          : fmt::format("Where the cycles of the {} cores' arrays went", cores));
  page.share(explained("streaming"), number(r, "streaming_cycles"), all,
             grouped(whole(r, "streaming_cycles")));
  for (const auto& [cause, stall] : r.at("stalls").items()) {
    if (stall.get<long long>() == 0) continue;
    page.share(explained(cause), stall.get<double>(), all, grouped(stall.get<long long>()));
  }
}

void dram(Page& page, const Json& r) {
  const Json& d = r.at("dram");
  const double moved = number(d, "bytes_read") + number(d, "bytes_written");
  page.heading(fmt::format("DRAM: {} x {} channel{}", text(d, "device"), whole(d, "channels"),
                           whole(d, "channels") == 1 ? "" : "s"));
  const std::string traffic =
      fmt::format("  read {}, written {}", bytes_text(number(d, "bytes_read")),
                  bytes_text(number(d, "bytes_written")));
  if (moved == 0) {
    page.line("{}", traffic);
  } else {
    page.line("{}: {:.2f} x the compulsory {}", traffic, moved / number(d, "compulsory_bytes"),
              bytes_text(number(d, "compulsory_bytes")));
    page.line(
        "  (compulsory: what outlives the step, each byte in once, and out once if it changes)");
  }
  page.line("  row hits {:.1f} %, {:.1f} of {:.1f} GB/s on average: {:.1f} % of the peak",
            100 * number(d, "row_hit_rate"), number(d, "utilization") * number(d, "peak_gb_per_s"),
            number(d, "peak_gb_per_s"), 100 * number(d, "utilization"));
  const Json& f = r.at("footprint");
  page.line("  tensors: {} persist, peak + {} at {} {}; scratchpad{} {}",
            bytes_text(number(f, "persistent_bytes")), bytes_text(number(f, "peak_bytes")),
            shortened(text(f, "peak_name"), kLongestName), text(f, "peak_pass"),
            whole(r, "cores") == 1 ? "" : "s", bytes_text(number(r, "scratchpad_bytes")));
}

void ring(Page& page, const Json& r) {
  const Json& at = r.at("ring");
  const long long workers = whole(at, "workers");
  if (whole(r, "cores") == 1 && workers == 1) return;
  page.heading("Between cores and chips");
  if (whole(r, "cores") > 1) {
    page.line("  ring: {}, each byte counted on every link that it crosses",
              bytes_text(number(at, "byte_hops")));
    const long long stops = whole(at, "memory_stops");
    page.line("  at the memory's {}: links out used {:.1f} % of the time, links in {:.1f} %",
              stops == 1 ? "stop" : fmt::format("{} stops", stops),
              100 * number(at, "load_utilization"), 100 * number(at, "store_utilization"));
  }
  if (workers > 1) {
    page.line("  link: {} of gradients sent by each of {} chips that train together",
              bytes_text(number(at, "link_bytes")), workers);
  }
}

/// What the joules are if every entry of the energy table is at its low, or its high.
std::string joules_range(const Json& chip) {
  const auto total = [&](const char* level) {
    return with_unit(number(chip.at("energy_range_j").at(level), "total"), "J");
  };
  return total("low") + " to " + total("high");
}

std::string gain_range(const Json& r, const char* gain, const char* range) {
  return fmt::format("{:.2f} x ({:.2f} to {:.2f})", number(r, gain), number(r.at(range), "low"),
                     number(r.at(range), "high"));
}

void energy(Page& page, const Json& r) {
  const Json& e = r.at("energy_j");
  page.heading(fmt::format("Energy: {}, {} on average, {:.2f} TOPS/W",
                           with_unit(number(e, "total"), "J"),
                           with_unit(number(r, "average_power_w"), "W"), number(r, "tops_per_w")));
  for (const auto& [part, joules] : e.items()) {
    if (part == "total" || joules.get<double>() == 0) continue;
    page.share(part, joules.get<double>(), number(e, "total"),
               with_unit(joules.get<double>(), "J"));
  }
  if (!r.contains("baseline_fp16")) {
    return page.line("  range of published energies: {}", joules_range(r));
  }
  page.line("  range of published energies: {}; of the twin: {}", joules_range(r),
            joules_range(r.at("baseline_fp16")));
  page.line("  gain over the twin: {}; without DRAM {}",
            gain_range(r, "energy_gain_vs_fp16", "energy_gain_range_vs_fp16"),
            gain_range(r, "energy_gain_without_dram", "energy_gain_range_without_dram"));
}

}  // namespace

const char* meaning_of(const std::string& cause) {
  if (cause == "streaming") return "rows enter the array";
  if (cause == "weight_load") return "weights are not there";
  if (cause == "fill_drain") return "pipeline fills, empties";
  if (cause == "fp16_tile") return "FP16 tile runs a layer";
  if (cause == "sfu") return "element-wise work";
  if (cause == "dram") return "DMA moves data";
  if (cause == "ring") return "between cores or chips";
  if (cause == "idle") return "others still work";
  if (cause == "token") return "fences, command issue";
  return "";
}

std::string explained(const std::string& cause) {
  return fmt::format("{:<13}{}", cause, meaning_of(cause));
}

void add_costs(Page& page, const Json& result) {
  cycles(page, result);
  dram(page, result);
  ring(page, result);
  energy(page, result);
}

}  // namespace nibble
