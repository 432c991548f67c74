#include "sim/driver/synthetic_executor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sim/base/stopwatch.h"
#include "sim/driver/experiment.h"

namespace nibble {
namespace {

bool has_values(const TileCommand& command) { return command.precision != TilePrecision::fp8; }

std::int64_t tile_commands(const Program& program) {
  return std::count_if(
      program.commands.begin(), program.commands.end(),
      [](const Command& command) { return std::holds_alternative<TileCommand>(command.body); });
}

}  // namespace

SyntheticExecutor::SyntheticExecutor(const Program& program, const ChipConfig& config,
                                     const SyntheticOptions& options)
    : SyntheticExecutor(program, config, options, UnitBackends(options.engine, config)) {}

SyntheticExecutor::SyntheticExecutor(const Program& program, const ChipConfig& config,
                                     const SyntheticOptions& options, UnitBackends backends)
    : program_(program),
      options_(options),
      highest_(highest_of_sample(options.share)),
      timing_(config),
      backends_(std::move(backends)),
      model_(Engine::model, config),
      progress_(engine_name(options.engine), "commands", tile_commands(program)) {}

std::uint64_t SyntheticExecutor::block_seed(int core, Unit unit, const TileCommand& command) const {
  std::uint64_t seed = options_.seed;
  for (const std::int64_t part :
       {std::int64_t{core}, static_cast<std::int64_t>(unit), std::int64_t{command.gemm},
        command.g_begin, command.m_begin, command.n_begin}) {
    seed = mixed_bits(seed, static_cast<std::uint64_t>(part));
  }
  return seed;
}

/// Seeds are as good as random, so the blocks with the smallest are the sample: at least one block,
/// and exactly the share that was asked for, rounded up.
std::uint64_t SyntheticExecutor::highest_of_sample(double share) const {
  if (share >= 1) return std::numeric_limits<std::uint64_t>::max();
  std::vector<std::uint64_t> seeds;
  for (const Command& command : program_.commands) {
    const auto* tile = std::get_if<TileCommand>(&command.body);
    if (tile == nullptr || tile->k_begin != 0 || !has_values(*tile)) continue;
    seeds.push_back(block_seed(command.core, command.unit, *tile));
  }
  if (seeds.empty()) return 0;
  const auto wanted =
      static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(seeds.size())));
  const auto last = seeds.begin() + (std::max<std::ptrdiff_t>(wanted, 1) - 1);
  std::nth_element(seeds.begin(), last, seeds.end());
  return *last;
}

TileActivity SyntheticExecutor::execute(int core, Unit unit, const TileCommand& command) {
  ++count_.commands;
  progress_.advance();
  if (!has_values(command)) return timing_.execute(core, unit, command);
  const std::uint64_t seed = block_seed(core, unit, command);
  const bool watched = waves_ != nullptr && waves_->takes(core, unit, command);
  if (seed > highest_ && !watched) return timing_.execute(core, unit, command);
  progress_.refresh();
  ++count_.commands_run;
  block_.fill(command, mixed_bits(seed, static_cast<std::uint64_t>(command.k_begin)));
  const TileOperands operands = block_.operands();
  const TileCommand local = SyntheticBlock::rebased(command);
  const Stopwatch watch;
  const TileActivity activity = backends_.at(core, unit).execute(local, &operands);
  if (unit == Unit::tile) {
    count_.array_compute_s += watch.seconds();
    count_.macs_issued += activity.macs_issued;
  }
  if (watched) waves_->run(command, {local, operands, activity});
  if (options_.check) compare(core, unit, command, activity);
  return activity;
}

void SyntheticExecutor::compare(int core, Unit unit, const TileCommand& command,
                                const TileActivity& activity) {
  const std::vector<Fp16Code>& results = block_.results();
  expected_.resize(results.size());
  TileOperands operands = block_.operands();
  operands.c = expected_.data();
  const TileCommand local = SyntheticBlock::rebased(command);
  const TileActivity expected = model_.at(core, unit).execute(local, &operands);
  if (!(activity == expected)) {
    note_mismatch(command,
                  fmt::format("{}, model {}", activity_text(activity), activity_text(expected)));
  }
  if (command.k_end != command.shape.k) return;
  count_.compared += static_cast<std::int64_t>(results.size());
  if (results == expected_) return;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i] == expected_[i]) continue;
    const auto at = static_cast<std::int64_t>(i);
    note_mismatch(command,
                  fmt::format("group {}, row {}, column {}: got {:04x}, model {:04x}",
                              command.g_begin + at / local.shape.n / local.shape.m,
                              command.m_begin + at / local.shape.n % local.shape.m,
                              command.n_begin + at % local.shape.n, results[i], expected_[i]));
  }
}

void SyntheticExecutor::note_mismatch(const TileCommand& command, const std::string& what) {
  if (count_.mismatches++ != 0) return;
  const ProgramGemm& gemm = program_.gemms[command.gemm];
  count_.first_mismatch =
      fmt::format("{} {}: {}", gemm.layer, gemm_pass_name(gemm.lowered.pass), what);
}

}  // namespace nibble
