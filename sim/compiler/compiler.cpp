#include "sim/compiler/compiler.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/compulsory_bytes.h"
#include "sim/compiler/emitter.h"
#include "sim/compiler/mapping_rules.h"
#include "sim/compiler/mapping_search.h"
#include "sim/compiler/operation_tiling.h"
#include "sim/compiler/passing_results.h"
#include "sim/compiler/placement.h"
#include "sim/compiler/tiling.h"
#include "sim/workload/footprint.h"

namespace nibble {
namespace {

std::string stage_name(const WorkloadStage& stage) {
  return stage.layer + " " + pass_name(stage.pass);
}

bool updates(const SfuWork& work) {
  return std::find(work.steps.begin(), work.steps.end(), SfuStep::sgd_update) != work.steps.end();
}

}  // namespace

struct StepCompiler::State {
  State(const Workload& of, const CompilerTarget& on)
      : workload(of),
        target(on),
        sharing(of, on.cores),
        placement(place_tensors(of, sharing, on.stream_buffer_bytes, on.scratchpad_bytes,
                                {on.dram_stripe_bytes, on.dram_stripes_a_row})),
        passing(passing_results(of)),
        live(live_bytes(of)),
        first_operation(of.stages.size() + 1, of.operations.size()) {
    for (std::size_t i = of.operations.size(); i-- > 0;) {
      first_operation[static_cast<std::size_t>(of.operations[i].stage)] = i;
    }
    for (std::size_t s = of.stages.size(); s-- > 0;) {
      first_operation[s] = std::min(first_operation[s], first_operation[s + 1]);
    }
  }

  [[nodiscard]] TilingContext context(int stage) const {
    return {workload, target, sharing, placement, stage};
  }
  /// On one core there is nothing to share out.
  [[nodiscard]] GemmMapping on_cores(GemmMapping mapping) const {
    if (sharing.cores() == 1) mapping.split = CoreSplit::rows;
    return mapping;
  }
  [[nodiscard]] Stage label(int stage) const;
  [[nodiscard]] const SfuWork* chained_run(std::size_t operation, const GemmMapping& mapping) const;
  [[nodiscard]] bool gemm(const TilingContext& at, std::size_t operation,
                          const GemmMapping& mapping, Emitter& emitter, Program& program) const;
  void sfu(const TilingContext& at, const SfuWork& work, Emitter& emitter) const;
  void add_up_sums(const SfuWork& work, const std::vector<CoreBlocks>& parts,
                   Emitter& emitter) const;

  const Workload& workload;
  const CompilerTarget& target;
  Sharing sharing;
  PlacementPlan placement;
  std::vector<bool> passing;                 // by operation: passing_results
  std::vector<Bytes> live;                   // by stage
  std::vector<std::size_t> first_operation;  // by stage, and one more
};

Stage StepCompiler::State::label(int stage) const {
  const WorkloadStage& at = workload.stages[static_cast<std::size_t>(stage)];
  const auto s = static_cast<std::size_t>(stage);
  Stage label{at.layer, pass_name(at.pass), "", 0, "", live[s]};
  std::int64_t sfu_elements = 0;
  for (std::size_t i = first_operation[s]; i < first_operation[s + 1]; ++i) {
    if (const auto* gemm = std::get_if<GemmWork>(&workload.operations[i].work)) {
      for (const LoweredGemm& part : lower_conv(gemm->conv, gemm->pass)) {
        if (label.macs == 0) {
          label.shape = fmt::format("{}x{}x{}", part.shape.m, part.shape.n, part.shape.k);
          if (gemm->conv.groups > 1) label.shape += fmt::format(" x{}", gemm->conv.groups);
        }
        label.macs += part.macs();
      }
    } else {
      sfu_elements =
          std::max(sfu_elements, std::get<SfuWork>(workload.operations[i].work).elements);
    }
  }
  if (label.macs == 0) label.shape = fmt::format("{}", sfu_elements);
  return label;
}

/// The run that takes the result of a GEMM from the stream buffer, if it can.
const SfuWork* StepCompiler::State::chained_run(std::size_t operation,
                                                const GemmMapping& mapping) const {
  if (!passing[operation]) return nullptr;
  const Operation& at = workload.operations[operation];
  const TensorId result = std::get<GemmWork>(at.work).result.tensor;
  if (placement.of[static_cast<std::size_t>(result)].resident_in(at.stage)) return nullptr;
  // Only then each core works on the elements that it makes.
  if (mapping.split != CoreSplit::rows && mapping.split != CoreSplit::groups) return nullptr;
  const auto& run = std::get<SfuWork>(workload.operations[operation + 1].work);
  return target.workers > 1 && updates(run) ? nullptr : &run;
}

/// Says whether the operation that follows is done as well.
bool StepCompiler::State::gemm(const TilingContext& at, std::size_t operation,
                               const GemmMapping& mapping, Emitter& emitter,
                               Program& program) const {
  const auto& work = std::get<GemmWork>(workload.operations[operation].work);
  const auto first_gemm = static_cast<std::uint32_t>(program.gemms.size());
  for (ProgramGemm& gemm : program_gemms(at, work, mapping.split)) {
    program.gemms.push_back(std::move(gemm));
  }
  std::vector<CoreBlocks> parts = tile_operation(at, work, mapping, first_gemm);
  const SfuWork* run = chained_run(operation, mapping);
  if (run != nullptr) {
    std::vector<CoreBlocks> chained = tile_chained(at, work, mapping, first_gemm, *run, parts);
    if (chained.empty()) run = nullptr;
    if (!chained.empty()) parts = std::move(chained);
  }
  for (const CoreBlocks& blocks : parts) emitter.run(blocks);
  if (run != nullptr) add_up_sums(*run, parts, emitter);
  return run != nullptr;
}

void StepCompiler::State::sfu(const TilingContext& at, const SfuWork& work,
                              Emitter& emitter) const {
  constexpr Bytes kGradientBytes = 2;
  const bool exchanged = target.workers > 1 && updates(work);
  const std::vector<CoreBlocks> blocks{tile_sfu(at, work)};
  emitter.run_exchanged(blocks.front(), exchanged ? kGradientBytes * work.elements : 0);
  add_up_sums(work, blocks, emitter);
}

/// Of the cores that have blocks of the run, whatever part they belong to.
void StepCompiler::State::add_up_sums(const SfuWork& work, const std::vector<CoreBlocks>& parts,
                                      Emitter& emitter) const {
  std::vector<int> summed;
  for (int core = 0; core < sharing.cores(); ++core) {
    const bool ran = std::any_of(parts.begin(), parts.end(), [&](const CoreBlocks& blocks) {
      return !blocks[static_cast<std::size_t>(core)].empty();
    });
    if (ran) summed.push_back(core);
  }
  for (const TensorSlice& output : work.outputs) {
    if (sharing.replicated(output.tensor)) emitter.add_up(output.tensor, summed);
  }
}

StepCompiler::StepCompiler(const Workload& workload, const CompilerTarget& target)
    : state_(std::make_unique<State>(workload, target)) {}

StepCompiler::~StepCompiler() = default;

void StepCompiler::check(std::size_t operation, const GemmMapping& mapping) const {
  const Operation& at = state_->workload.operations[operation];
  (void)tile_operation(state_->context(at.stage), std::get<GemmWork>(at.work),
                       state_->on_cores(mapping), 0);
}

GemmMapping StepCompiler::rule(std::size_t operation) const {
  const Operation& at = state_->workload.operations[operation];
  return mapping_by_rule(state_->context(at.stage), std::get<GemmWork>(at.work));
}

std::vector<GemmMapping> StepCompiler::ranked(std::size_t operation, int count) const {
  const Operation& at = state_->workload.operations[operation];
  return ranked_mappings(state_->context(at.stage), std::get<GemmWork>(at.work), count);
}

std::vector<std::size_t> StepCompiler::operations(int stage) const {
  const auto s = static_cast<std::size_t>(stage);
  std::vector<std::size_t> list;
  for (std::size_t i = state_->first_operation[s]; i < state_->first_operation[s + 1]; ++i) {
    list.push_back(i);
  }
  return list;
}

Program StepCompiler::stage(int stage, const MappingTable& mappings) const {
  const State& state = *state_;
  Program program;
  program.cores = state.sharing.cores();
  program.stages.push_back(state.label(stage));
  const TilingContext context = state.context(stage);
  Emitter emitter(context, program);
  const auto s = static_cast<std::size_t>(stage);
  for (std::size_t i = state.first_operation[s]; i < state.first_operation[s + 1]; ++i) {
    try {
      if (std::holds_alternative<GemmWork>(state.workload.operations[i].work)) {
        const auto given = mappings.find(i);
        const GemmMapping mapping =
            given == mappings.end() ? rule(i) : state.on_cores(given->second);
        program.stages.back().mapping = mapping_text(mapping);
        if (state.gemm(context, i, mapping, emitter, program)) ++i;
      } else {
        state.sfu(context, std::get<SfuWork>(state.workload.operations[i].work), emitter);
      }
    } catch (const std::invalid_argument& fault) {
      throw std::invalid_argument(stage_name(state.workload.stages[s]) + ": " + fault.what());
    }
  }
  program.commands.emplace_back();  // the fence
  return program;
}

int StepCompiler::stages() const { return static_cast<int>(state_->workload.stages.size()); }

Bytes StepCompiler::compulsory_bytes() const {
  return nibble::compulsory_bytes(state_->workload, state_->sharing);
}

Bytes StepCompiler::scratchpad_peak_bytes() const { return state_->placement.resident_peak_bytes; }

Bytes StepCompiler::dram_bytes() const { return state_->placement.dram_bytes; }

Bytes StepCompiler::persistent_bytes() const { return nibble::persistent_bytes(state_->workload); }

Program compile(const Workload& workload, const CompilerTarget& target,
                const MappingTable& mappings) {
  const StepCompiler compiler(workload, target);
  Program program;
  program.cores = target.cores;
  for (int stage = 0; stage < compiler.stages(); ++stage) {
    append_stage(program, compiler.stage(stage, mappings));
  }
  program.compulsory_bytes = compiler.compulsory_bytes();
  program.scratchpad_peak_bytes = compiler.scratchpad_peak_bytes();
  program.dram_bytes = compiler.dram_bytes();
  program.persistent_bytes = compiler.persistent_bytes();
  return program;
}

}  // namespace nibble
