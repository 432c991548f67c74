// An imported network is one that a training step can be made of.
#include "sim/workload/workload.h"

#include <catch2/catch.hpp>

#include "onnx_test_models.h"
#include "sim/config/network_reader.h"
#include "sim/import/network_writer.h"
#include "sim/import/onnx_importer.h"
#include "sim/import/scalesim_importer.h"

namespace nibble {
namespace {

/// Multiply-accumulates of the forward GEMMs of a batch, from the operations themselves.
std::int64_t forward_macs_of_step(const ImportedNetwork& imported, std::int64_t batch) {
  const Network network =
      parse_network(network_text(imported, LayerPrecision::int4_fp4), "written.yaml");
  WorkloadOptions options;
  options.batch = batch;
  std::int64_t macs = 0;
  for (const Operation& operation : build_workload(network, options).operations) {
    const auto* gemm = std::get_if<GemmWork>(&operation.work);
    if (gemm != nullptr && gemm->pass == GemmPass::forward) macs += gemm->conv.macs();
  }
  return macs;
}

/// The state before the first step of an LSTM is zero: a step does not multiply it.
std::int64_t first_state_macs(const Network& network) {
  std::int64_t macs = 0;
  for (const Layer& layer : network.layers) {
    if (layer.kind != LayerKind::lstm) continue;
    macs += (layer.bidirectional ? 2 : 1) * 4 * layer.filters * layer.filters;
  }
  return macs;
}

}  // namespace

TEST_CASE("ONNX networks become training steps with their own MACs") {
  for (const OnnxGraph& graph : {resnet_block(1), bert_block(1), language_model(1)}) {
    const ImportedNetwork imported = import_onnx_bytes(graph.bytes(), "n.onnx", {});
    const Network& network = imported.network;
    REQUIRE(forward_macs_of_step(imported, 2) ==
            2 * (forward_macs(network) - first_state_macs(network)));
  }
}

TEST_CASE("topologies become training steps with the file's MACs") {
  const ImportedNetwork imported = import_scalesim_text(
      "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, "
      "Strides,\na, 10, 10, 3, 3, 3, 8, 1,\nDPb, 10, 10, 3, 3, 8, 1, 1,\nc, 1, 1, 1, 1, 64, 5, "
      "1,\n",
      "t.csv", {});
  REQUIRE(forward_macs_of_step(imported, 3) == 3 * (64 * 27 * 8 + 64 * 9 * 8 + 64 * 5));
}

}  // namespace nibble
