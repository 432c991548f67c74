#include "tests/sim/compiler/step_progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace nibble::test {

namespace {

/// Is some byte of [begin, end) stored in the stage?
bool stored(const Program& program, int stage, std::uint64_t begin, std::uint64_t end) {
  return std::any_of(program.commands.begin(), program.commands.end(), [&](const Command& command) {
    const auto* transfer = std::get_if<DmaTransfer>(&command.body);
    if (transfer == nullptr || command.unit != Unit::dma_store) return false;
    return static_cast<int>(command.stage) == stage && transfer->dram_address < end &&
           begin < transfer->dram_address + static_cast<std::uint64_t>(transfer->bytes);
  });
}

}  // namespace

StepProgress::StepProgress(const Workload& workload, const Sharing& sharing,
                           const PlacementPlan& placement, const std::vector<CoreSplit>& splits,
                           const Program& program)
    : workload_(workload), sharing_(sharing) {
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    const auto* work = std::get_if<GemmWork>(&workload.operations[i].work);
    if (work == nullptr) continue;
    const std::vector<LoweredGemm> parts = lower_conv(work->conv, work->pass);
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const std::size_t first = gemms_.size();
      const bool depth = splits[i] == CoreSplit::depth;
      const std::size_t entries = depth ? static_cast<std::size_t>(sharing.cores()) : 1;
      std::int64_t k = 0;
      int addends = 0;
      for (std::size_t entry = 0; entry < entries; ++entry) {
        if (gemms_.size() >= program.gemms.size()) throw ProgramFault("a GEMM is missing");
        const std::int64_t depth_of_entry = program.gemms[gemms_.size()].lowered.shape.k;
        gemms_.push_back({i, part, parts[part], k, k + depth_of_entry, 0});
        k += depth_of_entry;
        addends += depth_of_entry > 0;
      }
      if (k != parts[part].shape.k)
        throw ProgramFault("the parts of a reduction are not all of it");
      for (std::size_t entry = first; depth && entry < gemms_.size(); ++entry) {
        gemms_[entry].addends = addends;
      }
    }
  }
  if (gemms_.size() != program.gemms.size()) throw ProgramFault("the program has other GEMMs");
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    versions_.emplace_back(static_cast<std::size_t>(workload.tensors[i].bytes()), 0);
  }
  find_chained(placement, program);
  begin();
}

/// A result that is neither resident nor stored can only go to whoever comes next.
void StepProgress::find_chained(const PlacementPlan& placement, const Program& program) {
  chained_.assign(workload_.operations.size(), false);
  elements_made_.assign(workload_.operations.size(),
                        std::vector<std::int64_t>(static_cast<std::size_t>(sharing_.cores()), 0));
  for (std::size_t i = 0; i + 1 < workload_.operations.size(); ++i) {
    const Operation& at = workload_.operations[i];
    const auto* gemm = std::get_if<GemmWork>(&at.work);
    if (gemm == nullptr || !std::holds_alternative<SfuWork>(workload_.operations[i + 1].work)) {
      continue;
    }
    const Placement& place = placement.of[static_cast<std::size_t>(gemm->result.tensor)];
    const auto address = [&](Bytes byte) {
      return place.dram_address + static_cast<std::uint64_t>(byte);
    };
    chained_[i] = !place.resident_in(at.stage) &&
                  !stored(program, at.stage, address(slice_begin(gemm->result)),
                          address(slice_end(gemm->result)));
  }
  for (const Command& command : program.commands) {
    const auto* tile = std::get_if<TileCommand>(&command.body);
    if (tile == nullptr || tile->k_end < tile->shape.k) continue;
    const GemmEntry& entry = gemms_.at(tile->gemm);
    if (!chained_[entry.operation]) continue;
    const GemmBlock block{tile->g_begin, tile->g_end,   tile->m_begin,
                          tile->m_end,   tile->n_begin, tile->n_end};
    for (const Piece& piece : result(entry, block)) {
      elements_made_[entry.operation][static_cast<std::size_t>(command.core)] +=
          first_element(entry.operation, piece.end) - first_element(entry.operation, piece.begin);
    }
  }
}

std::int64_t StepProgress::first_element(std::size_t gemm, Bytes byte) const {
  const TensorSlice& result = std::get<GemmWork>(workload_.operations[gemm].work).result;
  const auto& run = std::get<SfuWork>(workload_.operations[gemm + 1].work);
  const Bytes begin = slice_begin(result);
  return ceil_div((byte - begin) * run.elements, slice_end(result) - begin);
}

const GemmEntry& StepProgress::gemm(std::uint32_t index) const { return gemms_.at(index); }

std::vector<TensorSlice> StepProgress::outputs(std::size_t operation) const {
  const Operation& at = workload_.operations[operation];
  if (const auto* gemm = std::get_if<GemmWork>(&at.work)) return {gemm->result};
  return std::get<SfuWork>(at.work).outputs;
}

void StepProgress::begin() {
  turn_ = 0;
  for (UnderWay& state : under_way_) state = {};
  if (at_end()) return;
  begin(under_way_[0], operation_);
  if (chained()) begin(under_way_[1], operation_ + 1);
}

void StepProgress::begin(UnderWay& state, std::size_t operation) const {
  for (const TensorSlice& output : outputs(operation)) {
    state.written.emplace_back(static_cast<std::size_t>(slice_end(output) - slice_begin(output)),
                               false);
  }
  const auto* work = std::get_if<SfuWork>(&workload_.operations[operation].work);
  if (work != nullptr) state.runs = runs_of(*work, operation);
}

std::vector<ElementRun> StepProgress::runs_of(const SfuWork& work, std::size_t operation) const {
  std::vector<ElementRun> runs;
  if (operation > operation_) {  // chained: as many elements as the core makes, in any order
    for (const std::int64_t made : elements_made_[operation_]) runs.push_back({0, made, 0});
    return runs;
  }
  std::vector<TensorSlice> slices = work.outputs;
  slices.insert(slices.end(), work.inputs.begin(), work.inputs.end());
  const auto shared = std::find_if(slices.begin(), slices.end(), [&](const TensorSlice& slice) {
    return !sharing_.replicated(slice.tensor);
  });
  const std::int64_t rows = shared == slices.end() ? work.elements : sharing_.rows(*shared);
  for (int core = 0; core < sharing_.cores(); ++core) {
    const auto first = [&](int of) {
      return proportion(work.elements, rows * of / sharing_.cores(), rows);
    };
    runs.push_back({first(core), first(core + 1), first(core)});
  }
  return runs;
}

/// The run of a chained pair reads what the GEMM has made already.
int StepProgress::version(TensorId tensor, Bytes byte) const {
  const int version = versions_[static_cast<std::size_t>(tensor)][static_cast<std::size_t>(byte)];
  if (turn_ == 0) return version;
  const TensorSlice& result = std::get<GemmWork>(workload_.operations[operation_].work).result;
  const bool made =
      tensor == result.tensor && byte >= slice_begin(result) && byte < slice_end(result);
  return made ? version + 1 : version;
}

int StepProgress::runners() const {
  const std::vector<ElementRun>& runs = under_way_[turn_].runs;
  return static_cast<int>(std::count_if(runs.begin(), runs.end(),
                                        [](const ElementRun& run) { return run.begin < run.end; }));
}

bool StepProgress::done() const {
  if (at_end()) return false;
  return done(under_way_[0], operation_) && (!chained() || done(under_way_[1], operation_ + 1));
}

bool StepProgress::done(const UnderWay& state, std::size_t operation) const {
  const bool written =
      std::all_of(state.written.begin(), state.written.end(), [](const auto& bytes) {
        return std::all_of(bytes.begin(), bytes.end(), [](bool byte) { return byte; });
      });
  if (!written) return false;
  const Operation& at = workload_.operations[operation];
  if (const auto* work = std::get_if<GemmWork>(&at.work)) {
    std::int64_t macs = 0;
    for (const LoweredGemm& part : lower_conv(work->conv, work->pass)) macs += part.macs();
    return state.macs == macs;
  }
  return std::all_of(state.runs.begin(), state.runs.end(),
                     [](const ElementRun& run) { return run.done == run.end; });
}

void StepProgress::advance() {
  if (!done()) {
    throw ProgramFault(fmt::format("operation {} is left before it is done", operation_));
  }
  const std::size_t behind = operation_ + (chained() ? 2 : 1);
  for (; operation_ < behind; ++operation_) {
    for (const TensorSlice& output : outputs(operation_)) {
      auto& versions = versions_[static_cast<std::size_t>(output.tensor)];
      for (Bytes byte = slice_begin(output); byte < slice_end(output); ++byte) {
        ++versions[static_cast<std::size_t>(byte)];
      }
    }
  }
  begin();
}

void StepProgress::wrote(TensorId tensor, Bytes byte) {
  const std::vector<TensorSlice> slices = outputs(operation());
  std::vector<std::vector<bool>>& written = under_way().written;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const Bytes begin = slice_begin(slices[i]);
    if (slices[i].tensor != tensor || byte < begin || byte >= slice_end(slices[i])) continue;
    if (written[i][static_cast<std::size_t>(byte - begin)]) {
      throw ProgramFault(fmt::format("operation {} makes byte {} twice", operation(), byte));
    }
    written[i][static_cast<std::size_t>(byte - begin)] = true;
    return;
  }
  throw ProgramFault(
      fmt::format("operation {} makes byte {} of another tensor", operation(), byte));
}

std::vector<Piece> StepProgress::result(const GemmEntry& gemm, const GemmBlock& block) const {
  const auto& work = std::get<GemmWork>(workload_.operations[gemm.operation].work);
  const Bytes width = workload_.tensors[static_cast<std::size_t>(work.result.tensor)].bits / 8;
  const auto piece = [&](std::int64_t first, std::int64_t elements) {
    const Bytes begin = slice_begin(work.result) + first * width;
    return Piece{work.result.tensor, begin, begin + elements * width};
  };
  const GemmShape& shape = gemm.lowered.shape;
  const std::int64_t columns = block.n_end - block.n_begin;
  const std::int64_t groups = block.g_end - block.g_begin;
  if (work.pass == GemmPass::wgrad || independent_groups(work.conv)) {
    // Group after group; in each, column blocks.
    return {
        piece(block.g_begin * shape.m * shape.n + block.n_begin * shape.m + block.m_begin * columns,
              groups * (block.m_end - block.m_begin) * columns)};
  }
  // Core after core; of each the rows of one GEMM after those of the other, in column blocks.
  std::vector<Piece> pieces;
  std::int64_t base = 0;
  const std::vector<LoweredGemm> parts = lower_conv(work.conv, work.pass);
  const int cores = sharing_.cores();
  for (int core = 0; core < cores; ++core) {
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const std::int64_t m = parts[part].shape.m;
      const std::int64_t row = m * core / cores;
      const std::int64_t rows = m * (core + 1) / cores - row;
      const std::int64_t begin = std::max(row, block.m_begin);
      const std::int64_t end = std::min(row + rows, block.m_end);
      if (part == gemm.part && begin < end) {
        const std::int64_t before = block.g_begin * shape.n + block.n_begin * groups;
        pieces.push_back(piece(base + before * rows + (begin - row) * columns * groups,
                               (end - begin) * columns * groups));
      }
      base += rows * parts[part].shape.n * work.conv.groups;
    }
  }
  return pieces;
}

}  // namespace nibble::test
