// Whole training steps, operation by operation, as golden texts that a person can read.
#include <catch2/catch.hpp>

#include "sim/config/network_reader.h"
#include "tests/sim/support/golden.h"
#include "tests/sim/workload/workload_text.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

constexpr const char* kGolden = "sim/workload/quickstart_operations.txt";
constexpr const char* kSequenceGolden = "sim/workload/sequence_operations.txt";

/// One encoder block and one bidirectional LSTM, of a few tokens: every kind that works on
/// sequences, with the table tied to the output.
constexpr const char* kSequence = R"(
network: sequence
input: {height: 4, width: 1, channels: 1}
classes: 50
precision: {default: int4_fp4, last: int4_fp4_dw_fp8}
layers:
  - {name: words, type: embedding, rows: 50, features: 8}
  - {name: places, type: position_embedding, rows: 6}
  - {name: in, type: pact_signed}
  - {name: q, type: linear, filters: 8, flatten: false}
  - {name: q.act, type: pact_signed}
  - {name: k, type: linear, input: in, filters: 8, flatten: false}
  - {name: k.act, type: pact_signed}
  - {name: v, type: linear, input: in, filters: 8, flatten: false}
  - {name: v.act, type: pact_signed}
  - {name: scores, type: matmul, inputs: [q.act, k.act], heads: 2, transpose_b: true}
  - {name: softmax, type: softmax}
  - {name: softmax.act, type: pact}
  - {name: context, type: matmul, inputs: [softmax.act, v.act], heads: 2}
  - {name: add, type: add, inputs: [context, places]}
  - {name: norm, type: layer_norm}
  - {name: norm.act, type: pact_signed}
  - {name: lstm, type: lstm, hidden: 4, bidirectional: true}
  - {name: gelu, type: gelu}
  - {name: gelu.act, type: pact_signed}
  - {name: output, type: linear, filters: 50, flatten: false, tied: true}
)";

std::string step_text(const Network& network, std::int64_t batch) {
  WorkloadOptions options;
  options.batch = batch;
  return test::workload_text(build_workload(network, options));
}

}  // namespace

TEST_CASE("The quickstart's training step consists of the operations of the golden text") {
  const Network network = read_network(NIBBLE_SOURCE_DIR "/configs/networks/resnet8_w16.yaml");
  CHECK(test::golden_difference(kGolden, step_text(network, 8)) == "");
}

TEST_CASE("A step over a sequence consists of the operations of the golden text") {
  const Network network = parse_network(kSequence, "sequence.yaml");
  CHECK(test::golden_difference(kSequenceGolden, step_text(network, 2)) == "");
}

}  // namespace nibble
