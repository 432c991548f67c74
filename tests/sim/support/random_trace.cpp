#include "tests/sim/support/random_trace.h"

#include "models/layers/run_pass.h"

namespace nibble::test {
namespace {

std::size_t elements_of(const std::vector<std::int64_t>& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) elements *= size;
  return static_cast<std::size_t>(elements);
}

/// All 16 codes, or few of them, so that sums reach the ends of their range.
void fill(Random& random, std::vector<NibbleCode>& codes) {
  const std::int64_t kinds = one_in(random, 4) ? 2 : 16;
  const std::int64_t first = pick(random, 0, 15);
  for (NibbleCode& code : codes) {
    code = static_cast<NibbleCode>((first + pick(random, 0, kinds - 1)) & 0xF);
  }
}

/// Values near 1, now and then with zeros, NaN-infinities and the largest and smallest numbers.
void fill(Random& random, std::vector<Fp16Code>& codes) {
  const bool special = one_in(random, 8);
  std::uniform_real_distribution<float> near_one(-2, 2);
  for (Fp16Code& code : codes) {
    code = special && one_in(random, 50)
               ? pick_of<Fp16Code>(random, {0x0000, 0x8000, 0x7FFF, 0xFFFF, 0x7FFE, 0x0001})
               : fp16_from_float(near_one(random));
  }
}

template <typename Value>
void add_values(Random& random, TraceOperation& operation, const GemmCall& call,
                std::map<std::string, std::vector<Value>>& tensors, Trace& trace) {
  std::vector<Value>& streamed = tensors[operation.streamed];
  std::vector<Value>& stationary = tensors[operation.stationary];
  streamed.resize(elements_of(streamed_shape(operation)));
  stationary.resize(elements_of(stationary_shape(operation)));
  fill(random, streamed);
  fill(random, stationary);
  trace.values[operation.result] =
      run_pass(operation.conv, operation.pass, streamed.data(), stationary.data(), call, slow_gemm);
}

}  // namespace

Trace random_trace(Random& random, const Program& program, const ChipConfig& chip,
                   AccumulatorType accumulator) {
  Trace trace;
  trace.accumulator = accumulator;
  trace.chunk_len = chip.tile.lanes;
  trace.fp16_chunk_len = chip.fp16_tile ? chip.fp16_tile->lanes : chip.tile.lanes;
  for (const ProgramGemm& gemm : program.gemms) {
    if (!gemm.last_of_operation) continue;
    TraceOperation operation;
    operation.layer = gemm.layer;
    operation.part = gemm.part;
    operation.pass = gemm.lowered.pass;
    operation.conv = gemm.lowered.conv;
    const bool nibble4 = gemm.precision == TilePrecision::nibble4;
    operation.precision = nibble4 ? LayerPrecision::int4_fp4 : LayerPrecision::fp16;
    const GemmArithmetic formats = pass_arithmetic(operation.pass, {});
    operation.stream_format = formats.stream;
    operation.stationary_format = formats.stationary;
    const std::string name =
        gemm.layer + ":" + gemm.part + "." + std::to_string(static_cast<int>(operation.pass));
    operation.streamed = name + ".a";
    operation.stationary = name + ".b";
    operation.result = name + ".c";
    GemmCall call{operation.layer, gemm_operands(operation.precision, operation.pass), {}, formats};
    call.arithmetic.accumulator = accumulator;
    call.arithmetic.chunk_len = nibble4 ? trace.chunk_len : trace.fp16_chunk_len;
    if (nibble4) {
      add_values(random, operation, call, trace.codes, trace);
    } else {
      add_values(random, operation, call, trace.values, trace);
    }
    trace.operations.push_back(std::move(operation));
  }
  return trace;
}

}  // namespace nibble::test
