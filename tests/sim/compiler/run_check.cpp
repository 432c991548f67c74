#include <algorithm>
#include <numeric>

#include "tests/sim/compiler/program_walk.h"

namespace nibble::test {

void ProgramWalk::check_sfu(std::uint32_t command, const SfuCommand& sfu) {
  while (progress_.done()) advance();
  if (progress_.at_end()) fail(command, "belongs to no operation");
  progress_.turn_to(progress_.chained() ? 1 : 0);
  check_element_wise(command, sfu);
  progress_.turn_to(0);
}

void ProgramWalk::check_element_wise(std::uint32_t command, const SfuCommand& sfu) {
  const auto* work = std::get_if<SfuWork>(&operation().work);
  if (work == nullptr) return check_sum(command, sfu, addends_);
  const ElementRun& run = progress_.run(program_.commands[command].core);
  bool computed = true;
  for (int core = 0; core < target_.cores; ++core) {
    computed &= progress_.run(core).done == progress_.run(core).end;
  }
  if (computed) return check_sum(command, sfu, progress_.runners());
  if (run.done == run.end) fail(command, "has elements of another core");
  check_run(command, *work, sfu);
}

Piece ProgramWalk::share(const TensorSlice& slice, const ElementRange& range) const {
  const Bytes base = progress_.slice_begin(slice);
  const Bytes bytes = progress_.slice_end(slice) - base;
  return {slice.tensor, base + bytes * range.begin / range.all,
          base + bytes * range.end / range.all};
}

/// The elements of a block: those behind the results that the core's array has made last, or those
/// from where the core has come to.
std::vector<ElementRange> ProgramWalk::ranges_of_run(std::uint32_t command, const SfuWork& work,
                                                     const SfuCommand& sfu) {
  const int core = program_.commands[command].core;
  if (!progress_.chained()) {
    const std::int64_t begin = progress_.run(core).done;
    return {{begin, begin + sfu.elements, work.elements}};
  }
  const std::size_t operation = progress_.operation() - 1;
  const auto& gemm = std::get<GemmWork>(workload_.operations[operation].work);
  std::vector<ElementRange> ranges;
  std::int64_t elements = 0;
  for (const Piece& piece : passed_[static_cast<std::size_t>(core)]) {
    ranges.push_back({progress_.first_element(operation, piece.begin),
                      progress_.first_element(operation, piece.end), work.elements});
    elements += ranges.back().end - ranges.back().begin;
    if (!(share(gemm.result, ranges.back()) == piece)) fail(command, "takes half an element");
  }
  if (elements != sfu.elements) fail(command, "takes other elements than were passed");
  passed_[static_cast<std::size_t>(core)].clear();
  return ranges;
}

/// Sums come last in a chained run, since each range of elements yields its part of all others.
std::vector<Output> ProgramWalk::outputs_of_run(std::uint32_t command, const SfuWork& work,
                                                const std::vector<ElementRange>& ranges,
                                                const ElementRange& of_core) const {
  const int core = program_.commands[command].core;
  const int part = progress_.runners() > 1 ? core : Tag::kTotal;
  std::vector<Output> outputs;
  for (const ElementRange& range : ranges) {
    for (const TensorSlice& slice : work.outputs) {
      const bool sum = sharing_.replicated(slice.tensor);
      // Each core sums up over its own elements.
      if (sum && progress_.chained()) continue;
      outputs.push_back({share(slice, sum ? of_core : range), sum ? part : Tag::kTotal});
    }
  }
  for (const TensorSlice& slice : work.outputs) {
    if (!progress_.chained() || !sharing_.replicated(slice.tensor)) continue;
    outputs.push_back({share(slice, of_core), part});
  }
  return outputs;
}

/// A block of a run.
void ProgramWalk::check_run(std::uint32_t command, const SfuWork& work, const SfuCommand& sfu) {
  if (sfu.steps != work.steps) fail(command, "has other steps than its operation");
  ElementRun& run = progress_.run(program_.commands[command].core);
  if (run.done + sfu.elements > run.end) fail(command, "has more elements than its core's part");
  const std::vector<ElementRange> ranges = ranges_of_run(command, work, sfu);
  const ElementRange of_core{run.done - run.begin, run.done - run.begin + sfu.elements,
                             run.end - run.begin};
  run.done += sfu.elements;
  Bytes port_bytes = 0;
  look(command);
  for (const ElementRange& range : ranges) {
    for (const TensorSlice& slice : work.inputs) {
      const Piece piece = share(slice, range);
      need(command, slice, piece.begin, piece.end);
      if (!exchanges_.empty()) check_exchanged(command, piece);
      port_bytes += piece.end - piece.begin;
    }
  }
  for (const TensorId tensor : work.whole) {
    need(command, tensor, 0, progress_.bytes_of(tensor));
    port_bytes += progress_.bytes_of(tensor);
  }
  const std::vector<Output> outputs = outputs_of_run(command, work, ranges, of_core);
  port_bytes += std::accumulate(
      outputs.begin(), outputs.end(), Bytes{0},
      [](Bytes sum, const Output& output) { return sum + output.piece.end - output.piece.begin; });
  if (sfu.port_bytes != port_bytes) fail(command, "moves other bytes than its port counts");
  Bytes touched = 0;
  for (const ScratchpadRange& range : program_.commands[command].scratchpad) {
    touched += range.end - range.begin;
  }
  if (touched != port_bytes) fail(command, "touches other bytes than its port counts");
  put(command, outputs);
}

}  // namespace nibble::test
