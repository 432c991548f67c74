#include "tests/sim/compiler/program_checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/compiler/placement.h"
#include "tests/sim/compiler/shadow_memory.h"
#include "tests/sim/compiler/touched_bytes.h"
#include "tests/sim/compiler/transfer_check.h"

namespace nibble::test {
namespace {

class ProgramChecker {
 public:
  ProgramChecker(const Workload& workload, const CompilerTarget& target, const Program& program);
  void check();

 private:
  /// An operation of the workload and how much of it the program has done.
  struct Progress {
    std::int64_t macs = 0, elements = 0;
    Bytes result_bytes = 0;
  };

  void check_gemm(std::uint32_t command, const TileCommand& tile);
  void check_sfu(std::uint32_t command, const SfuCommand& sfu);
  void check_end();
  void look(std::uint32_t command);
  void need(std::uint32_t command, std::size_t operation, TensorId tensor,
            const TouchedBytes& bytes);
  void need(std::uint32_t command, std::size_t operation, TensorId tensor, Bytes begin, Bytes end);
  void put(std::uint32_t command, std::size_t operation, TensorId tensor, Bytes begin,
           const ScratchpadRange& range);
  [[nodiscard]] std::vector<ScratchpadRange> written(std::uint32_t command) const;
  [[nodiscard]] std::size_t next_sfu_operation();
  [[nodiscard]] Bytes bytes_of(TensorId tensor) const {
    return workload_.tensors[static_cast<std::size_t>(tensor)].bytes();
  }
  [[nodiscard]] int bits_of(TensorId tensor) const {
    return workload_.tensors[static_cast<std::size_t>(tensor)].bits;
  }
  /// The version of a tensor that `operation` reads; it leaves the next one.
  [[nodiscard]] int version(std::size_t operation, TensorId tensor) const {
    return versions_[operation][static_cast<std::size_t>(tensor)];
  }
  [[noreturn]] void fail(std::uint32_t command, const std::string& what) const {
    fail_command(program_, command, what);
  }

  const Workload& workload_;
  const CompilerTarget& target_;
  const Program& program_;
  PlacementPlan placement_;
  CommandOrder order_;
  ShadowMemory scratchpad_, dram_;
  TransferCheck transfers_;
  std::vector<std::vector<int>> versions_;   // [operation][tensor], and one row after the last
  std::vector<std::size_t> gemm_operation_;  // by GEMM of the program
  std::vector<Progress> progress_;           // by operation
  std::size_t sfu_operation_ = 0;            // under way
  std::vector<Tag> seen_;                    // by the command under way
};

std::vector<TensorId> outputs_of(const Operation& operation) {
  if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) return {gemm->result.tensor};
  std::vector<TensorId> outputs;
  for (const TensorSlice& slice : std::get<SfuWork>(operation.work).outputs) {
    outputs.push_back(slice.tensor);
  }
  return outputs;
}

ProgramChecker::ProgramChecker(const Workload& workload, const CompilerTarget& target,
                               const Program& program)
    : workload_(workload),
      target_(target),
      program_(program),
      placement_(place_tensors(workload, Sharing(workload, 1), target.stream_buffer_bytes,
                               target.scratchpad_bytes, {target.dram_stripe_bytes, target.dram_stripes_a_row})),
      order_(program),
      scratchpad_("scratchpad", program, order_),
      dram_("DRAM", program, order_),
      transfers_(program, placement_, scratchpad_, dram_),
      progress_(workload.operations.size()) {
  std::vector<int> versions(workload.tensors.size(), 0);
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    const Operation& operation = workload.operations[i];
    versions_.push_back(versions);
    for (const TensorId tensor : outputs_of(operation))
      ++versions[static_cast<std::size_t>(tensor)];
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      gemm_operation_.resize(gemm_operation_.size() + lower_conv(gemm->conv, gemm->pass).size(), i);
    }
  }
  versions_.push_back(versions);
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    if (!workload.tensors[i].persistent) continue;
    for (Bytes byte = 0; byte < workload.tensors[i].bytes(); ++byte) {
      dram_.put(placement_.of[i].dram_address + static_cast<std::uint64_t>(byte),
                {static_cast<int>(i), 0, byte});
    }
  }
}

void ProgramChecker::check() {
  if (has_forward_token(program_)) throw ProgramFault("a token points forwards");
  if (program_.gemms.size() != gemm_operation_.size()) throw ProgramFault("a GEMM is missing");
  for (std::uint32_t i = 0; i < program_.commands.size(); ++i) {
    const Command& command = program_.commands[i];
    for (const ScratchpadRange& range : command.scratchpad) {
      if (range.begin < 0 || range.begin > range.end || range.end > target_.scratchpad_bytes) {
        fail(i, "leaves the scratchpad");
      }
    }
    switch (command.unit) {
      case Unit::sequencer:
      case Unit::ring:
      case Unit::link:
        break;
      case Unit::dma_load:
        transfers_.load(i);
        break;
      case Unit::dma_store:
        transfers_.store(i);
        break;
      case Unit::tile:
      case Unit::fp16_tile:
        check_gemm(i, std::get<TileCommand>(command.body));
        break;
      case Unit::sfu:
        check_sfu(i, std::get<SfuCommand>(command.body));
        break;
    }
  }
  check_end();
}

/// All that the command's read ranges hold.
void ProgramChecker::look(std::uint32_t command) {
  seen_.clear();
  for (const ScratchpadRange& range : program_.commands[command].scratchpad) {
    for (Bytes at = range.begin; !range.write && at < range.end; ++at) {
      seen_.push_back(scratchpad_.read(static_cast<std::uint64_t>(at), command));
    }
  }
}

/// These bytes of the tensor must be among what the command has looked at.
void ProgramChecker::need(std::uint32_t command, std::size_t operation, TensorId tensor,
                          const TouchedBytes& bytes) {
  std::vector<bool> found(bytes.size(), false);
  for (const Tag& tag : seen_) {
    if (tag.tensor == tensor && tag.version == version(operation, tensor)) {
      found[static_cast<std::size_t>(tag.byte)] = true;
    }
  }
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    if (bytes[byte] && !found[byte]) {
      fail(command, fmt::format("misses byte {} of {}", byte,
                                workload_.tensors[static_cast<std::size_t>(tensor)].name));
    }
  }
}

void ProgramChecker::need(std::uint32_t command, std::size_t operation, TensorId tensor,
                          Bytes begin, Bytes end) {
  TouchedBytes bytes(static_cast<std::size_t>(bytes_of(tensor)), false);
  std::fill(bytes.begin() + begin, bytes.begin() + end, true);
  need(command, operation, tensor, bytes);
}

/// The command writes the tensor's bytes from `begin` on into `range`.
void ProgramChecker::put(std::uint32_t command, std::size_t operation, TensorId tensor, Bytes begin,
                         const ScratchpadRange& range) {
  if (begin + range.end - range.begin > bytes_of(tensor)) fail(command, "writes too much");
  for (Bytes at = range.begin; at < range.end; ++at) {
    scratchpad_.write(static_cast<std::uint64_t>(at),
                      {tensor, version(operation, tensor) + 1, begin + at - range.begin}, command);
  }
}

std::vector<ScratchpadRange> ProgramChecker::written(std::uint32_t command) const {
  std::vector<ScratchpadRange> ranges = program_.commands[command].scratchpad;
  ranges.erase(std::remove_if(ranges.begin(), ranges.end(),
                              [](const ScratchpadRange& range) { return !range.write; }),
               ranges.end());
  return ranges;
}

void ProgramChecker::check_gemm(std::uint32_t command, const TileCommand& tile) {
  const LoweredGemm& gemm = program_.gemms.at(tile.gemm).lowered;
  const std::size_t operation = gemm_operation_[tile.gemm];
  const auto& work = std::get<GemmWork>(workload_.operations[operation].work);
  const bool small = work.precision == TilePrecision::fp16 && target_.fp16_tile;
  if (program_.commands[command].unit != (small ? Unit::fp16_tile : Unit::tile)) {
    fail(command, "runs on the wrong array");
  }
  look(command);
  need(command, operation, work.streamed.tensor,
       touched_streamed(gemm, bits_of(work.streamed.tensor), tile.m_begin, tile.m_end, tile.k_begin,
                        tile.k_end));
  need(command, operation, work.stationary.tensor,
       touched_stationary(gemm, bits_of(work.stationary.tensor), tile.k_begin, tile.k_end,
                          tile.n_begin, tile.n_end));
  Progress& progress = progress_[operation];
  const std::int64_t results = (tile.m_end - tile.m_begin) * (tile.n_end - tile.n_begin);
  progress.macs += results * (tile.k_end - tile.k_begin);
  const std::vector<ScratchpadRange> ranges = written(command);
  if (tile.k_end != gemm.shape.k) {
    if (!ranges.empty()) fail(command, "writes partial sums");
    return;
  }
  const Bytes bytes = results * bits_of(work.result.tensor) / 8;
  if (ranges.size() != 1 || ranges.front().end - ranges.front().begin != bytes) {
    fail(command, "does not write its results");
  }
  put(command, operation, work.result.tensor, progress.result_bytes, ranges.front());
  progress.result_bytes += bytes;
}

std::size_t ProgramChecker::next_sfu_operation() {
  for (; sfu_operation_ < workload_.operations.size(); ++sfu_operation_) {
    const auto* sfu = std::get_if<SfuWork>(&workload_.operations[sfu_operation_].work);
    if (sfu != nullptr && progress_[sfu_operation_].elements < sfu->elements) return sfu_operation_;
  }
  throw ProgramFault("more SFU commands than operations");
}

void ProgramChecker::check_sfu(std::uint32_t command, const SfuCommand& sfu) {
  const std::size_t operation = next_sfu_operation();
  const auto& work = std::get<SfuWork>(workload_.operations[operation].work);
  if (sfu.steps != work.steps) fail(command, "has other steps than its operation");
  const std::int64_t begin = progress_[operation].elements;
  const std::int64_t end = begin + sfu.elements;
  if (end > work.elements) fail(command, "has more elements than its operation");
  progress_[operation].elements = end;
  Bytes port_bytes = 0;
  look(command);
  for (const TensorSlice& slice : work.inputs) {
    const TensorId tensor = slice.tensor;
    const Bytes all = bytes_of(tensor);
    need(command, operation, tensor, all * begin / work.elements, all * end / work.elements);
    port_bytes += all * end / work.elements - all * begin / work.elements;
  }
  for (const TensorId tensor : work.whole) {
    need(command, operation, tensor, 0, bytes_of(tensor));
    port_bytes += bytes_of(tensor);
  }
  const std::vector<ScratchpadRange> ranges = written(command);
  auto range = ranges.begin();
  for (const TensorSlice& slice : work.outputs) {
    const TensorId tensor = slice.tensor;
    const Bytes first = bytes_of(tensor) * begin / work.elements;
    const Bytes bytes = bytes_of(tensor) * end / work.elements - first;
    if (bytes == 0) continue;
    if (range == ranges.end() || range->end - range->begin != bytes) {
      fail(command, "does not write its outputs");
    }
    put(command, operation, tensor, first, *range++);
    port_bytes += bytes;
  }
  if (range != ranges.end()) fail(command, "writes more than its outputs");
  if (sfu.port_bytes != port_bytes) fail(command, "moves other bytes than its port counts");
}

void ProgramChecker::check_end() {
  for (std::size_t i = 0; i < workload_.operations.size(); ++i) {
    if (const auto* sfu = std::get_if<SfuWork>(&workload_.operations[i].work)) {
      if (progress_[i].elements != sfu->elements) throw ProgramFault("SFU work is missing");
      continue;
    }
    const auto& gemm = std::get<GemmWork>(workload_.operations[i].work);
    std::int64_t macs = 0;
    for (const LoweredGemm& part : lower_conv(gemm.conv, gemm.pass)) macs += part.shape.macs();
    if (progress_[i].macs != macs) throw ProgramFault("MACs are missing");
    if (progress_[i].result_bytes != bytes_of(gemm.result.tensor))
      throw ProgramFault("results missing");
  }
  if (program_.commands.empty() || program_.commands.back().unit != Unit::sequencer) {
    throw ProgramFault("does not end with a fence");
  }
  for (std::size_t i = 0; i < workload_.tensors.size(); ++i) {
    const Tensor& tensor = workload_.tensors[i];
    if (!tensor.persistent) continue;
    for (Bytes byte = 0; byte < tensor.bytes(); ++byte) {
      const Tag& tag = dram_.look(placement_.of[i].dram_address + static_cast<std::uint64_t>(byte));
      if (tag.tensor != static_cast<int>(i) || tag.byte != byte ||
          tag.version != versions_.back()[i]) {
        throw ProgramFault(tensor.name + " is not in DRAM as the step left it");
      }
    }
  }
}

}  // namespace

std::string fault_of(const Workload& workload, const CompilerTarget& target,
                     const Program& program) {
  try {
    ProgramChecker(workload, target, program).check();
    return "";
  } catch (const ProgramFault& fault) {
    return fault.what();
  }
}

}  // namespace nibble::test
