#include "sim/driver/dram_command.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/config/dram_config.h"
#include "sim/config/override_fault.h"
#include "sim/dram/dram_energy.h"
#include "sim/dram/dram_trace.h"

namespace nibble {

namespace {

constexpr const char* kAllowed = "allowed is a trace file, `R|W hex_address [cycle]` a line";

void print_energy(const DramEnergyReport& energy, double bytes) {
  const auto print = [](const char* part, double joules) {
    fmt::print("    {:<17} {:.3f} uJ\n", part, joules * 1e6);
  };
  fmt::print("  energy              {:.3f} uJ, {:.2f} pJ a bit\n", energy.total() * 1e6,
             bytes > 0 ? energy.total() * 1e12 / (8 * bytes) : 0.0);
  print("activate", energy.activate);
  print("read", energy.read);
  print("write", energy.write);
  print("interface", energy.interface);
  print("refresh", energy.refresh);
  print("background", energy.background);
}

}  // namespace

int run_dram(const DramOptions& options) {
  std::vector<YamlOverride> overrides;
  for (const std::string& set : options.sets) overrides.push_back(parse_override(set));
  const DramConfig config = read_overridden(overrides, [&](const std::vector<YamlOverride>& some) {
    return read_dram_config(options.config_file, some);
  });
  if (std::filesystem::is_directory(options.trace_file)) {
    throw bad_file(options.trace_file, "is a directory", kAllowed);
  }
  std::ifstream trace(options.trace_file);
  if (!trace) throw bad_file(options.trace_file, system_fault("cannot be read", errno), kAllowed);
  const DramTraceResult result = run_dram_trace(trace, options.trace_file, config);
  if (result.reads + result.writes == 0) {
    throw bad_file(options.trace_file, "holds no request", kAllowed);
  }
  const DramStatistics& counts = result.statistics;
  const double seconds = static_cast<double>(result.last_data_clock) *
                         static_cast<double>(config.clock_period_ps()) * 1e-12;
  const auto bytes = static_cast<double>(counts.bytes_read + counts.bytes_written);
  fmt::print("{} on {}, {} channel{}\n", options.trace_file, config.parameters().name,
             config.channels(), config.channels() == 1 ? "" : "s");
  fmt::print("  requests            {} reads, {} writes\n", result.reads, result.writes);
  fmt::print("  last read returned  {} clocks\n", result.last_read_clock);
  fmt::print("  last data           {} clocks, {:.3f} us\n", result.last_data_clock, seconds * 1e6);
  fmt::print("  mean read latency   {:.1f} clocks\n", result.mean_read_latency_clocks);
  fmt::print("  bytes               {} read, {} written, {:.3f} GB/s of {:.3f}\n",
             counts.bytes_read, counts.bytes_written, seconds > 0 ? bytes / seconds / 1e9 : 0.0,
             config.peak_bytes_per_second() / 1e9);
  fmt::print("  row hits            {:.2f} %\n", 100 * counts.row_hit_rate());
  for (int kind = 0; kind < kDramCommandKinds; ++kind) {
    const auto command = static_cast<DramCommandKind>(kind);
    fmt::print("  {:<19} {}\n", name_of(command), counts.count(command));
  }
  print_energy(dram_energy(counts, config.parameters(), seconds), bytes);
  return 0;
}

}  // namespace nibble
