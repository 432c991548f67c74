#include "sim/driver/wave_recorder.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <systemc>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/config/nearest_word.h"
#include "sim/driver/child_process.h"

namespace nibble {
namespace {

constexpr const char* kDiffers = "the traced tile does not give what the tile gave";

std::string stage_name(const Stage& stage) { return stage.layer + " " + stage.pass; }

const TileCommand* rtl_command(const Command& command) {
  const auto* tile = std::get_if<TileCommand>(&command.body);
  return tile != nullptr && tile->precision != TilePrecision::fp8 ? tile : nullptr;
}

/// "m 0:256, n 0:16, k 0:144"
std::string block_text(const TileCommand& at) {
  return fmt::format("m {}:{}, n {}:{}, k {}:{}", at.m_begin, at.m_end, at.n_begin, at.n_end,
                     at.k_begin, at.k_end);
}

/// A line that names all commands of a large stage would hide what it says.
std::string numbers_text(const std::vector<std::uint32_t>& numbers) {
  constexpr std::size_t kMost = 16;
  const auto shown = std::min(numbers.size(), kMost);
  std::string text = fmt::format("{}", fmt::join(numbers.begin(), numbers.begin() + shown, ", "));
  if (numbers.size() > kMost) {
    text += fmt::format(" and {} more, up to {}", numbers.size() - kMost, numbers.back());
  }
  return text;
}

BadInput unknown_stage(const std::string& stage, const std::vector<std::string>& names) {
  return {{"--waves-stage", 0, 0},
          "",
          "\"" + stage + "\": " + unknown_fault("stage of GEMMs", stage, names),
          allowed_words(names)};
}

/// A stage of a program: its first command, and by number those that the RTL runs.
struct RtlStage {
  std::uint32_t first = 0;
  std::vector<std::uint32_t> commands;
};

}  // namespace

void check_wave_stage(const Workload& workload, const WaveChoice& choice) {
  if (choice.stage.empty()) return;
  std::vector<std::string> names;
  for (const Operation& operation : workload.operations) {
    const auto* gemm = std::get_if<GemmWork>(&operation.work);
    if (gemm == nullptr || gemm->precision == TilePrecision::fp8) continue;
    const WorkloadStage& stage = workload.stages[static_cast<std::size_t>(operation.stage)];
    const std::string name = stage.layer + " " + pass_name(stage.pass);
    if (name == choice.stage) return;
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  throw unknown_stage(choice.stage, names);
}

std::uint32_t chosen_command(const Program& program, const WaveChoice& choice) {
  std::vector<RtlStage> stages(program.stages.size());
  for (std::uint32_t i = static_cast<std::uint32_t>(program.commands.size()); i-- > 0;) {
    stages[program.commands[i].stage].first = i;
  }
  for (std::uint32_t i = 0; i < program.commands.size(); ++i) {
    RtlStage& stage = stages[program.commands[i].stage];
    if (rtl_command(program.commands[i]) != nullptr) stage.commands.push_back(i - stage.first);
  }
  std::vector<std::string> names;
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const RtlStage& stage = stages[s];
    if (stage.commands.empty()) continue;
    names.push_back(stage_name(program.stages[s]));
    if (!choice.stage.empty() && names.back() != choice.stage) continue;
    if (!choice.command) return stage.first + stage.commands.front();
    const auto found = std::find(stage.commands.begin(), stage.commands.end(), *choice.command);
    if (found != stage.commands.end()) return stage.first + *found;
    throw BadInput(
        {"--waves-command", 0, 0}, "",
        fmt::format("{} of {} is no command of a tile that has RTL", *choice.command, names.back()),
        "allowed are " + numbers_text(stage.commands));
  }
  if (names.empty()) {
    throw BadInput({"--waves", 0, 0}, "", "no command of this run has RTL",
                   "allowed is a network with GEMMs in 4 bits or fp16");
  }
  throw unknown_stage(choice.stage, names);
}

WaveRecorder::WaveRecorder(const Program& program, std::uint32_t command, const ChipConfig& chip,
                           std::string path)
    : program_(program),
      index_(command),
      at_(program.commands[command]),
      chosen_(std::get<TileCommand>(at_.body)),
      path_(std::move(path)),
      period_ps_(chip.clock_period_ps) {
  const TileGeometry& geometry = at_.unit == Unit::tile ? chip.tile : chip.fp16_tile.value();
  std::unique_ptr<TracedTileRtl> traced = make_traced_tile_rtl(geometry);
  traced_ = traced.get();
  unit_ = std::make_unique<VerilatedTile>(geometry, std::move(traced));
}

bool WaveRecorder::takes(int core, Unit unit, const TileCommand& command) const {
  const auto block = [](const TileCommand& of) {
    return std::tie(of.gemm, of.g_begin, of.g_end, of.m_begin, of.m_end, of.n_begin, of.n_end);
  };
  return core == at_.core && unit == at_.unit && block(command) == block(chosen_) &&
         command.k_begin <= chosen_.k_begin;
}

void WaveRecorder::run(const TileCommand& command, const CommandRun& as_run) {
  if (command.k_begin == chosen_.k_begin) return record(as_run);
  if (!agrees(as_run)) throw std::logic_error(kDiffers);
}

/// In a child: the library that writes FST files does not look whether it could, and dies of a full
/// disk. The file's fault is kept for later; thrown here it would come out of SystemC as one of our
/// own.
void WaveRecorder::record(const CommandRun& as_run) {
  // A command is executed at the moment in which it begins.
  begin_ps_ = static_cast<std::int64_t>(sc_core::sc_time_stamp().value());
  clocks_ = as_run.activity.cycles;
  std::string answer;
  try {
    ChildProcess child([&] {
      try {
        traced_->start(path_, begin_ps_, period_ps_);
        const bool same = agrees(as_run);
        traced_->stop();
        return std::string(same ? "" : kDiffers);
      } catch (const std::logic_error& fault) {
        return std::string(fault.what());
      }
    });
    answer = child.result();
  } catch (const std::runtime_error&) {
    std::remove((path_ + ".hier").c_str());  // the library's own temporary file
    fault_ = "cannot be written whole";
  }
  if (!answer.empty()) throw std::logic_error(answer);
}

bool WaveRecorder::agrees(const CommandRun& as_run) {
  const TileCommand& at = as_run.command;
  std::vector<Fp16Code> results(static_cast<std::size_t>(at.g_end * at.shape.m * at.shape.n));
  TileOperands operands = as_run.operands;
  operands.c = results.data();
  bool same = unit_->execute(at, &operands) == as_run.activity;
  if (at.k_end != at.shape.k) return same;  // its sums stay in the accumulators
  for (std::int64_t g = at.g_begin; g < at.g_end; ++g) {
    for (std::int64_t m = at.m_begin; m < at.m_end; ++m) {
      const std::int64_t row = (g * at.shape.m + m) * at.shape.n;
      same = same && std::equal(results.data() + row + at.n_begin, results.data() + row + at.n_end,
                                as_run.operands.c + row + at.n_begin);
    }
  }
  return same;
}

std::string WaveRecorder::text() const {
  const Stage& stage = program_.stages[at_.stage];
  std::uint32_t first = index_;
  while (first > 0 && program_.commands[first - 1].stage == at_.stage) --first;
  std::string text =
      fmt::format("{}, command {} ({}), {} clocks of {} ps from cycle {}", stage_name(stage),
                  index_ - first, block_text(chosen_), clocks_, period_ps_, begin_ps_ / period_ps_);
  if (program_.cores > 1) text += fmt::format(", core {}", at_.core);
  return text;
}

}  // namespace nibble
