#include "models/training/step_capture.h"

#include "models/trace/replay.h"
#include "models/training/trace_recorder.h"

namespace nibble {
namespace {

template <typename Value>
std::vector<Value> first_part(const std::vector<Value>& values, std::int64_t part,
                              std::int64_t whole) {
  const std::int64_t each = static_cast<std::int64_t>(values.size()) / whole;
  return {values.begin(), values.begin() + part * each};
}

}  // namespace

Trace capture_step(TrainedNetwork& network, const TrainingTask& task, const Batch& batch,
                   std::int64_t part, std::uint64_t seed) {
  Batch taken;
  taken.samples = part;
  taken.step = batch.step;
  taken.images = first_part(batch.images, part, batch.samples);
  taken.tokens = first_part(batch.tokens, part, batch.samples);
  taken.labels = first_part(batch.labels, part, batch.samples);
  Trace trace;
  trace.network = network.network().name;
  trace.task = task.name;
  trace.dataset = task.dataset;
  trace.batch = part;
  trace.step = batch.step;
  trace.seed = seed;
  trace.chunk_len = task.chunk_len;
  trace.fp16_chunk_len = task.fp16_chunk_len;
  trace.accumulator = task.accumulator;
  TraceRecorder recorder(trace);
  network.capture(taken, batch.samples, recorder);
  return trace;
}

ReplayCount replay_all(const Trace& trace) {
  ReplayCount count;
  for (const TraceOperation& operation : trace.operations) {
    count.results += static_cast<std::int64_t>(trace.values.at(operation.result).size());
    count.mismatches += count_mismatches(trace, operation, slow_gemm);
  }
  return count;
}

}  // namespace nibble
