// Traces of single layers, all passes, computed with the reference GEMMs.
#pragma once

#include <random>

#include "models/layers/run_pass.h"
#include "models/trace/trace.h"

namespace nibble::test {

inline std::vector<NibbleCode> random_nibbles(std::mt19937_64& random, std::int64_t count) {
  std::vector<NibbleCode> codes(static_cast<std::size_t>(count));
  for (NibbleCode& code : codes) code = static_cast<NibbleCode>(random() & 0xF);
  return codes;
}

inline std::vector<Fp16Code> random_fp16(std::mt19937_64& random, std::int64_t count) {
  std::uniform_real_distribution<float> uniform(-2, 2);
  std::vector<Fp16Code> codes(static_cast<std::size_t>(count));
  for (Fp16Code& code : codes) code = fp16_from_float(uniform(random));
  return codes;
}

inline void add_operation(Trace& trace, TraceOperation operation, std::mt19937_64& random) {
  const auto count = [](const std::vector<std::int64_t>& shape) {
    return shape[0] * shape[1] * shape[2] * shape[3];
  };
  GemmCall call{operation.layer, gemm_operands(operation.precision, operation.pass), {}, {}};
  call.arithmetic = {operation.stream_format, operation.stationary_format, trace.accumulator,
                     trace.chunk_len};
  if (operation.precision == LayerPrecision::int4_fp4) {
    auto& a = trace.codes[operation.streamed];
    auto& b = trace.codes[operation.stationary];
    if (a.empty()) a = random_nibbles(random, count(streamed_shape(operation)));
    if (b.empty()) b = random_nibbles(random, count(stationary_shape(operation)));
    trace.values[operation.result] =
        run_pass(operation.conv, operation.pass, a.data(), b.data(), call, slow_gemm);
  } else {
    call.arithmetic.chunk_len = trace.fp16_chunk_len;
    auto& a = trace.values[operation.streamed];
    if (a.empty()) a = random_fp16(random, count(streamed_shape(operation)));
    auto& b = trace.values[operation.stationary];
    if (b.empty()) b = random_fp16(random, count(stationary_shape(operation)));
    trace.values[operation.result] =
        run_pass(operation.conv, operation.pass, trace.values[operation.streamed].data(),
                 trace.values[operation.stationary].data(), call, slow_gemm);
  }
  trace.operations.push_back(operation);
}

/// One 4-bit and one fp16 convolution.
inline Trace small_trace() {
  std::mt19937_64 random(5);
  Trace trace;
  trace.network = "small";
  trace.task = "task";
  trace.dataset = "none";
  trace.batch = 3;
  trace.step = 17;
  trace.seed = 4;
  trace.accuracy.nibble4 = 12.5;
  trace.accuracy.epochs = 2;
  // 3 * 5 * 5 codes of one channel: an odd number, so the last byte holds one code.
  const ConvShape nibble_conv = {3, 1, 5, 5, 4, 3, 3, 2, 1};
  const ConvShape fp16_conv = {3, 2, 4, 4, 3, 1, 1, 1, 0};
  const auto pass = [&](GemmPass kind, const ConvShape& conv, LayerPrecision precision) {
    const bool nibbles = precision == LayerPrecision::int4_fp4;
    const std::string layer = nibbles ? "conv" : "shortcut";
    const GemmArithmetic formats = pass_arithmetic(kind, {});
    TraceOperation operation;
    operation.layer = layer;
    operation.pass = kind;
    operation.precision = precision;
    operation.stream_format = formats.stream;
    operation.stationary_format = formats.stationary;
    operation.conv = conv;
    const bool forward = kind == GemmPass::forward;
    const std::string phase = !nibbles ? "" : kind == GemmPass::dgrad ? "_even" : "_odd";
    operation.streamed = layer + (forward ? ".x" : ".dy" + phase);
    operation.stationary = layer + (kind == GemmPass::wgrad ? ".x" : ".w");
    operation.result = layer + (forward ? ".y" : kind == GemmPass::dgrad ? ".dx" : ".dw");
    operation.scale = nibbles ? 0.0123F : 1.0F;
    operation.gradscale = nibbles && !forward ? 9 : 0;
    add_operation(trace, operation, random);
  };
  for (const GemmPass kind : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
    pass(kind, nibble_conv, LayerPrecision::int4_fp4);
    pass(kind, fp16_conv, LayerPrecision::fp16);
  }
  return trace;
}

/// A convolution in groups, a product of activations and an LSTM of three steps.
inline Trace small_sequence_trace(std::int64_t batch = 2, std::int64_t heads = 3) {
  std::mt19937_64 random(6);
  Trace trace;
  trace.network = "sequence";
  trace.batch = batch;
  const auto add = [&](const std::string& layer, GemmPass kind, const ConvShape& conv,
                       StationaryFormat x, StationaryFormat w, const std::string& part) {
    const bool forward = kind == GemmPass::forward;
    TraceOperation operation;
    operation.layer = layer;
    operation.pass = kind;
    operation.conv = conv;
    operation.part = part;
    operation.stream_format = pass_arithmetic(kind, {}).stream;
    if (forward && x == StationaryFormat::s4) operation.stream_format = StreamFormat::s4;
    operation.stationary_format = kind == GemmPass::wgrad ? x : w;
    const std::string name = layer + "." + part + std::to_string(static_cast<int>(kind));
    operation.streamed = name + ".a";
    operation.stationary = name + ".b";
    operation.result = name + ".c";
    add_operation(trace, operation, random);
  };
  const auto s4 = StationaryFormat::s4, u4 = StationaryFormat::u4;
  ConvShape product = matrix_shape(4, batch * heads * 5, batch * heads * 3);
  product.groups = batch * heads;
  for (const GemmPass kind : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
    add("grouped", kind, {batch, 6, 4, 4, 4, 3, 3, 1, 1, 2}, u4, s4, "");
    add("context", kind, product, s4, u4, "");
    add("lstm", kind, matrix_shape(3 * batch, 4, 8), s4, s4, "input");
    if (kind == GemmPass::wgrad) {
      add("lstm", kind, matrix_shape(3 * batch, 2, 8), s4, s4, "hidden");
    } else {
      add("lstm", kind, matrix_shape(batch, 2, 8), s4, s4, "hidden.1");
      add("lstm", kind, matrix_shape(batch, 2, 8), s4, s4, "back.hidden.2");
    }
  }
  return trace;
}

}  // namespace nibble::test
