#include "models/trace/replay.h"

#include "models/layers/run_pass.h"

namespace nibble {

std::vector<Fp16Code> replay(const Trace& trace, const TraceOperation& operation,
                             const GemmFunction& gemm) {
  GemmCall call{operation.layer, gemm_operands(operation.precision, operation.pass), {}, {}};
  call.arithmetic = {
      operation.stream_format, operation.stationary_format, trace.accumulator,
      operation.precision == LayerPrecision::fp16 ? trace.fp16_chunk_len : trace.chunk_len};
  if (operation.precision == LayerPrecision::int4_fp4) {
    return run_pass(operation.conv, operation.pass, trace.codes.at(operation.streamed).data(),
                    trace.codes.at(operation.stationary).data(), call, gemm);
  }
  return run_pass(operation.conv, operation.pass, trace.values.at(operation.streamed).data(),
                  trace.values.at(operation.stationary).data(), call, gemm);
}

std::int64_t count_mismatches(const Trace& trace, const TraceOperation& operation,
                              const GemmFunction& gemm) {
  const std::vector<Fp16Code> computed = replay(trace, operation, gemm);
  const std::vector<Fp16Code>& stored = trace.values.at(operation.result);
  std::int64_t mismatches = 0;
  for (std::size_t i = 0; i < stored.size(); ++i) mismatches += stored[i] != computed[i] ? 1 : 0;
  return mismatches;
}

}  // namespace nibble
