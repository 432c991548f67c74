// Damaged files: whatever the bytes are, the importer answers with a network that can be written
// and read again, or with one line of BadInput; it never crashes, hangs or throws anything else.
#include <random>

#include <catch2/catch.hpp>

#include "described_network.h"
#include "onnx_test_models.h"
#include "sim/base/bad_input.h"
#include "sim/import/network_writer.h"
#include "sim/import/onnx_importer.h"

namespace nibble {
namespace {

constexpr unsigned kSeed = 2024;

std::vector<OnnxGraph> models() { return {resnet_block(1), bert_block(1), language_model(2)}; }

struct Outcomes {
  int networks = 0, refused = 0;

  void add(const std::string& bytes) {
    try {
      const ImportedNetwork imported = import_onnx_bytes(bytes, "fuzz.onnx", {});
      (void)network_text(imported, LayerPrecision::int4_fp4);
      ++networks;
    } catch (const BadInput& error) {
      REQUIRE(std::string(error.what()).find('\n') == std::string::npos);
      ++refused;
    }
  }
};

/// Changes numbers and names inside a model that stays well-formed: gets further than broken bytes.
void disturb(onnx::ModelProto& model, std::mt19937& random) {
  onnx::GraphProto& graph = *model.mutable_graph();
  const std::int64_t numbers[] = {0,
                                  1,
                                  2,
                                  3,
                                  -1,
                                  -2,
                                  7,
                                  64,
                                  1 << 20,
                                  std::int64_t{1} << 40,
                                  std::numeric_limits<std::int64_t>::max()};
  const auto number = [&] { return numbers[random() % std::size(numbers)]; };
  onnx::NodeProto& node =
      *graph.mutable_node(static_cast<int>(random() % static_cast<unsigned>(graph.node_size())));
  onnx::TensorProto& tensor = *graph.mutable_initializer(
      static_cast<int>(random() % static_cast<unsigned>(graph.initializer_size())));
  const onnx::NodeProto& other =
      graph.node(static_cast<int>(random() % static_cast<unsigned>(graph.node_size())));
  switch (random() % 7) {
    case 0:
      if (node.attribute_size() == 0) break;
      for (std::int64_t& value : *node.mutable_attribute(0)->mutable_ints()) value = number();
      if (node.attribute(0).has_i()) node.mutable_attribute(0)->set_i(number());
      break;
    case 1:
      if (tensor.dims_size() > 0) tensor.set_dims(0, number());
      break;
    case 2:
      if (tensor.int64_data_size() > 0) tensor.set_int64_data(0, number());
      break;
    case 3:
      node.set_op_type(other.op_type());
      break;
    case 4:
      if (node.input_size() > 0) *node.mutable_input(0) = other.output(0);
      break;
    case 5:
      if (node.input_size() > 1) node.mutable_input()->RemoveLast();
      break;
    default:
      graph.mutable_input(0)
          ->mutable_type()
          ->mutable_tensor_type()
          ->mutable_shape()
          ->mutable_dim(0)
          ->set_dim_value(number());
  }
}

}  // namespace

TEST_CASE("a file cut at any place is refused or a network") {
  Outcomes outcomes;
  for (const OnnxGraph& graph : models()) {
    const std::string bytes = graph.bytes();
    for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 300) {
      outcomes.add(bytes.substr(0, size));
    }
  }
  REQUIRE(outcomes.refused > 600);
}

TEST_CASE("a file with flipped bits is refused or a network") {
  std::mt19937 random(kSeed);
  CAPTURE(kSeed);
  Outcomes outcomes;
  for (const OnnxGraph& graph : models()) {
    const std::string good = graph.bytes();
    for (int i = 0; i < 500; ++i) {
      std::string bytes = good;
      for (unsigned flips = 1 + random() % 3; flips > 0; --flips) {
        bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
      }
      outcomes.add(bytes);
    }
  }
  REQUIRE(outcomes.refused > 100);
  REQUIRE(outcomes.networks > 100);  // most bytes are weights
}

TEST_CASE("a well-formed file with wrong numbers and names is refused or a network") {
  std::mt19937 random(kSeed);
  CAPTURE(kSeed);
  Outcomes outcomes;
  for (const OnnxGraph& graph : models()) {
    for (int i = 0; i < 500; ++i) {
      OnnxGraph changed = graph;
      for (unsigned changes = 1 + random() % 2; changes > 0; --changes) {
        disturb(changed.model(), random);
      }
      outcomes.add(changed.bytes());
    }
  }
  REQUIRE(outcomes.refused > 100);
  REQUIRE(outcomes.networks > 100);
}

}  // namespace nibble
