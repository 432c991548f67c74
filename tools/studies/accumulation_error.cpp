// nibble_accumulation_error TRACE LAYER: how far the accumulator's rounding takes the weight
// gradient of a 4-bit convolution from the exact sums of the same operands, for every chunk length
// and accumulator that the study `accumulation` compares. Prints one JSON object: "products" of a
// sum, and "CHUNK ACCUMULATOR": the length of the errors over the length of the exact gradient.
// Exit 2 if the trace cannot be read or has no such GEMM.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/gemm/operand_values.h"
#include "models/layers/conv_lowering.h"
#include "models/trace/trace.h"

namespace nibble {
namespace {

constexpr int kChunks[] = {16, 32, 64, 128, 256};

struct WeightGradient {
  LoweredGemm gemm;
  StreamFormat stream;
  StationaryFormat stationary;
  std::vector<NibbleCode> a, b;  // [M,K], [K,N]
};

WeightGradient weight_gradient(const Trace& trace, const std::string& layer) {
  std::string layers;
  for (const TraceOperation& operation : trace.operations) {
    if (operation.pass != GemmPass::wgrad || operation.precision != LayerPrecision::int4_fp4 ||
        operation.conv.groups != 1) {
      continue;
    }
    layers += (layers.empty() ? "" : ", ") + operation.layer;
    if (operation.layer != layer) continue;
    WeightGradient found{lower_conv(operation.conv, GemmPass::wgrad).front(),
                         operation.stream_format,
                         operation.stationary_format,
                         {},
                         {}};
    const GemmShape& shape = found.gemm.shape;
    found.a.resize(static_cast<std::size_t>(shape.m * shape.k));
    found.b.resize(static_cast<std::size_t>(shape.k * shape.n));
    gather_a(found.gemm, trace.codes.at(operation.streamed).data(), found.a.data());
    gather_b(found.gemm, trace.codes.at(operation.stationary).data(), found.b.data());
    return found;
  }
  throw std::invalid_argument(layer + ": no 4-bit weight gradient in one group, allowed are " +
                              (layers.empty() ? "traces that have one" : layers));
}

/// [M,N], in units of the accumulator. Every sum is an integer below 2^53 times a power of two.
std::vector<double> exact_sums(const WeightGradient& gradient) {
  const GemmShape& shape = gradient.gemm.shape;
  std::vector<double> sums(static_cast<std::size_t>(shape.m * shape.n));
  std::vector<double> row(static_cast<std::size_t>(shape.n));
  for (std::int64_t k = 0; k < shape.k; ++k) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
      row[n] = stationary_value(gradient.stationary, gradient.b[k * shape.n + n]);
    }
    for (std::int64_t m = 0; m < shape.m; ++m) {
      const double value = stream_value(gradient.stream, gradient.a[m * shape.k + k]);
      double* const sum = &sums[m * shape.n];
      for (std::int64_t n = 0; n < shape.n; ++n) sum[n] += value * row[n];
    }
  }
  for (double& sum : sums) sum = std::ldexp(sum, chunk_exponent(gradient.stream));
  return sums;
}

double relative_error(const WeightGradient& gradient, const std::vector<double>& exact,
                      AccumulatorType accumulator, int chunk_len) {
  const GemmArithmetic arithmetic{gradient.stream, gradient.stationary, accumulator, chunk_len};
  const GemmShape& shape = gradient.gemm.shape;
  std::vector<float> sums(exact.size());
  if (accumulator == AccumulatorType::fp32) {
    gemm_fp32(shape, arithmetic, gradient.a.data(), gradient.b.data(), sums.data());
  } else {
    std::vector<Fp16Code> codes(exact.size());
    gemm(shape, arithmetic, gradient.a.data(), gradient.b.data(), codes.data());
    for (std::size_t i = 0; i < codes.size(); ++i) sums[i] = fp16_to_float(codes[i]);
  }
  double errors = 0, squares = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    errors += std::pow(static_cast<double>(sums[i]) - exact[i], 2);
    squares += exact[i] * exact[i];
  }
  return std::sqrt(errors / squares);
}

void print_errors(const char* trace, const char* layer) {
  const WeightGradient gradient = weight_gradient(read_trace(trace), layer);
  const std::vector<double> exact = exact_sums(gradient);
  nlohmann::ordered_json json = {{"products", gradient.gemm.shape.k}};
  for (const int chunk_len : kChunks) {
    for (const auto& [name, accumulator] : kAccumulatorNames) {
      const std::string key = std::to_string(chunk_len) + " " + std::string(name);
      json[key] = relative_error(gradient, exact, accumulator, chunk_len);
    }
  }
  std::printf("%s\n", json.dump().c_str());
}

}  // namespace
}  // namespace nibble

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "nibble_accumulation_error TRACE LAYER\n");
    return 2;
  }
  try {
    nibble::print_errors(argv[1], argv[2]);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "%s\n", fault.what());
    return 2;
  }
}
