// One captured training step: every GEMM operation of every conv and linear layer with its operand
// codes and its accumulators. Format and meaning: README.md. Written by models/training, replayed
// by the chip and by replay.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/layers/gemm_call.h"
#include "models/layers/network_weights.h"

namespace nibble {

struct TraceOperation {
  std::string layer;
  GemmPass pass = GemmPass::forward;
  LayerPrecision precision = LayerPrecision::int4_fp4;
  StreamFormat stream_format = StreamFormat::u4;              // int4_fp4 only
  StationaryFormat stationary_format = StationaryFormat::s4;  // int4_fp4 only
  ConvShape conv;
  /// Which GEMM of this pass, of a layer that has several. Of an lstm: `input` for x Wx, dX and dWx
  /// of all time steps, `hidden` for dWh, `hidden.T` for h Wh and dh of time step T, where h is
  /// that of the step before. Empty otherwise.
  std::string part = {};
  std::string streamed, stationary, result;  // names of tensors
  float scale = 1;                           // real value of one unit of the accumulator
  int gradscale = 0;                         // gradient passes: dY was multiplied by 2^gradscale
};

struct Trace {
  std::string network, task, dataset;
  std::int64_t batch = 0, step = 0;
  std::uint64_t seed = 0;
  int chunk_len = kDefaultChunkLen;
  int fp16_chunk_len = kDefaultFp16ChunkLen;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
  Accuracy accuracy;
  std::vector<TraceOperation> operations;                // in execution order
  std::map<std::string, std::vector<NibbleCode>> codes;  // one code a byte
  std::map<std::string, std::vector<Fp16Code>> values;
};

/// Shapes [slowest first] of an operation's tensors, layouts of conv_lowering.h.
[[nodiscard]] std::vector<std::int64_t> streamed_shape(const TraceOperation& operation);
[[nodiscard]] std::vector<std::int64_t> stationary_shape(const TraceOperation& operation);
[[nodiscard]] std::vector<std::int64_t> result_shape(const TraceOperation& operation);

/// The file's bytes; the same trace gives the same bytes. Precondition: names and sizes fit.
[[nodiscard]] std::string trace_bytes(const Trace& trace);

/// Throws TraceError, one line that begins with `name`, unless everything fits: sums, offsets,
/// words, formats of the pass, shapes, every tensor named by an operation and none left over.
[[nodiscard]] Trace parse_trace(const std::string& name, std::string_view bytes);
[[nodiscard]] Trace read_trace(const std::string& path);

}  // namespace nibble
