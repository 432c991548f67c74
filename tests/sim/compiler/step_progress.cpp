#include "tests/sim/compiler/step_progress.h"

#include <algorithm>

#include <fmt/format.h>

namespace nibble::test {

StepProgress::StepProgress(const Workload& workload, const Sharing& sharing,
                           const std::vector<CoreSplit>& splits, const Program& program)
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
  begin();
}

const GemmEntry& StepProgress::gemm(std::uint32_t index) const { return gemms_.at(index); }

std::vector<TensorSlice> StepProgress::outputs() const {
  const Operation& at = workload_.operations[operation_];
  if (const auto* gemm = std::get_if<GemmWork>(&at.work)) return {gemm->result};
  return std::get<SfuWork>(at.work).outputs;
}

void StepProgress::begin() {
  runs_.clear();
  written_.clear();
  macs_ = 0;
  if (at_end()) return;
  for (const TensorSlice& output : outputs()) {
    written_.emplace_back(static_cast<std::size_t>(slice_end(output) - slice_begin(output)), false);
  }
  const auto* work = std::get_if<SfuWork>(&workload_.operations[operation_].work);
  if (work == nullptr) return;
  std::vector<TensorSlice> slices = work->outputs;
  slices.insert(slices.end(), work->inputs.begin(), work->inputs.end());
  const auto shared = std::find_if(slices.begin(), slices.end(), [&](const TensorSlice& slice) {
    return !sharing_.replicated(slice.tensor);
  });
  const std::int64_t rows = shared == slices.end() ? work->elements : sharing_.rows(*shared);
  for (int core = 0; core < sharing_.cores(); ++core) {
    const auto first = [&](int of) {
      return proportion(work->elements, rows * of / sharing_.cores(), rows);
    };
    runs_.push_back({first(core), first(core + 1), first(core)});
  }
}

int StepProgress::runners() const {
  return static_cast<int>(std::count_if(runs_.begin(), runs_.end(),
                                        [](const ElementRun& run) { return run.begin < run.end; }));
}

bool StepProgress::done() const {
  if (at_end()) return false;
  const bool written = std::all_of(written_.begin(), written_.end(), [](const auto& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](bool byte) { return byte; });
  });
  if (!written) return false;
  const Operation& at = workload_.operations[operation_];
  if (const auto* work = std::get_if<GemmWork>(&at.work)) {
    std::int64_t macs = 0;
    for (const LoweredGemm& part : lower_conv(work->conv, work->pass)) macs += part.macs();
    return macs_ == macs;
  }
  return std::all_of(runs_.begin(), runs_.end(),
                     [](const ElementRun& run) { return run.done == run.end; });
}

void StepProgress::advance() {
  if (!done()) {
    throw ProgramFault(fmt::format("operation {} is left before it is done", operation_));
  }
  for (const TensorSlice& output : outputs()) {
    auto& versions = versions_[static_cast<std::size_t>(output.tensor)];
    for (Bytes byte = slice_begin(output); byte < slice_end(output); ++byte) {
      ++versions[static_cast<std::size_t>(byte)];
    }
  }
  ++operation_;
  begin();
}

void StepProgress::wrote(TensorId tensor, Bytes byte) {
  const std::vector<TensorSlice> slices = outputs();
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const Bytes begin = slice_begin(slices[i]);
    if (slices[i].tensor != tensor || byte < begin || byte >= slice_end(slices[i])) continue;
    if (written_[i][static_cast<std::size_t>(byte - begin)]) {
      throw ProgramFault(fmt::format("operation {} makes byte {} twice", operation_, byte));
    }
    written_[i][static_cast<std::size_t>(byte - begin)] = true;
    return;
  }
  throw ProgramFault(fmt::format("operation {} makes byte {} of another tensor", operation_, byte));
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
