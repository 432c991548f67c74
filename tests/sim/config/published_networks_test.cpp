// The files of configs/networks against the totals that others publish. torchvision's are those of
// its documentation, table of all available weights (Params exact, GFLOPS are GMAC there); the
// printed parameter counts are exact, the MACs are rounded to 0.01 G.
#include <filesystem>
#include <set>

#include <catch2/catch.hpp>

#include "sim/config/network_precision.h"
#include "sim/config/network_reader.h"
#include "tests/sim/config/fault_text.h"

namespace nibble {
namespace {

const std::string kFolder = std::string(NIBBLE_SOURCE_DIR) + "/configs/networks/";

Network read(const std::string& name) { return read_network(kFolder + name + ".yaml"); }

// Transformer-base by the equations of arXiv 1706.03762: 37,000 words of 512 features once, and in
// each of six layers four projections an attention without bias, two of the feed-forward network
// with bias, scale and shift of a norm behind each.
constexpr std::int64_t kFeedForward = 2 * 512 * 2048 + 2048 + 512;
constexpr std::int64_t kTransformer = 37000 * 512 +
                                      6 * (4 * 512 * 512 + kFeedForward + 2 * 2 * 512) +
                                      6 * (8 * 512 * 512 + kFeedForward + 3 * 2 * 512);
// 64 tokens a side: weights of all layers but the embedding, and attention over 64 positions.
constexpr std::int64_t kTransformerMacs =
    std::int64_t{64} * (6 * (4 * 512 * 512 + 2 * 512 * 2048) +
                        6 * (8 * 512 * 512 + 2 * 512 * 2048) + 512 * 37000) +
    std::int64_t{18} * 2 * 64 * 64 * 512;

/// Weights and PyTorch's two bias vectors of the four gates of one direction.
constexpr std::int64_t lstm_parameters(std::int64_t inputs, std::int64_t hidden) {
  return 4 * hidden * (inputs + hidden) + 8 * hidden;
}
constexpr std::int64_t lstm_macs(std::int64_t inputs, std::int64_t hidden) {
  return 4 * hidden * (inputs + hidden);
}

struct Published {
  const char* name;
  double gmacs;
  std::int64_t parameters;
};

const Published kPublished[] = {
    {"alexnet", 0.71, 61'100'840},      // torchvision
    {"vgg16", 15.47, 138'357'544},      // torchvision
    {"resnet18", 1.81, 11'689'512},     // torchvision
    {"resnet50", 4.09, 25'557'032},     // torchvision
    {"resnet50_v1", 3.86, 25'557'032},  // arXiv 1512.03385 Table 1 prints 3.8; parameters as above
    {"resnet101", 7.80, 44'549'160},    // torchvision
    {"googlenet", 1.50, 6'624'904},     // torchvision
    {"densenet121", 2.83, 7'978'856},   // torchvision
    {"mobilenet_v2", 0.30, 3'504'872},  // torchvision
    {"vit_b16", 17.56, 86'567'656},     // torchvision
    // Hugging Face transformers: BertModel 109,482,240 with pooler; the classifier 2 * 768 + 2.
    // MACs: 12 layers of 12 * 768^2 weights and 2 * 128 * 768 products a token; pooler, classifier.
    {"bert_base", (128.0 * 12 * (12 * 768 * 768 + 2 * 128 * 768) + 769 * 768) / 1e9,
     109'482'240 + 1'538},
    // Hugging Face transformers: GPT2LMHeadModel.
    {"gpt2_small", 1024.0 * (12 * (12 * 768 * 768 + 2 * 1024 * 768) + 768 * 50257) / 1e9,
     124'439'808},
    // The paper's Table 3 says 65e6 parameters.
    {"transformer_base", static_cast<double>(kTransformerMacs) / 1e9, kTransformer},
    // Nobody prints totals of these four; formulas of their layers.
    {"lstm_ptb", 35.0 * (2 * lstm_macs(650, 650) + 650 * 10000) / 1e9,
     10000 * 650 + 2 * lstm_parameters(650, 650) + 651 * 10000},
    {"bilstm_swb300",
     21.0 * (2 * lstm_macs(140, 512) + 6 * lstm_macs(1024, 512) + 1024 * 256 + 256 * 32000) / 1e9,
     2 * lstm_parameters(140, 512) + 6 * lstm_parameters(1024, 512) + 1025 * 256 + 257 * 32000},
    {"text_lstm", 64.0 * (lstm_macs(128, 256) + lstm_macs(256, 256) + 256 * 63) / 1e9,
     63 * 128 + lstm_parameters(128, 256) + lstm_parameters(256, 256) + 257 * 63},
    // 4 layers of 12 * 128^2 weights and 2 * 128 * 128 products a token; biases, two norms.
    {"text_transformer", 128.0 * (4 * (12 * 128 * 128 + 2 * 128 * 128) + 128 * 63) / 1e9,
     (63 + 128) * 128 + 4 * (12 * 128 * 128 + 9 * 128 + 4 * 128) + 2 * 128 + 129 * 63},
};

TEST_CASE("Every network has the published parameters exactly and the published MACs to 1 %") {
  for (const Published& published : kPublished) {
    INFO(published.name);
    const Network network = read(published.name);
    CHECK(network.name == published.name);
    CHECK(parameters(network) == published.parameters);
    CHECK(static_cast<double>(forward_macs(network)) / 1e9 ==
          Approx(published.gmacs).epsilon(0.01));
  }
  CHECK(static_cast<double>(kTransformer) == Approx(65e6).epsilon(0.04));
}

TEST_CASE("Every file of configs/networks is checked here") {
  // Networks of our own: the first one is in the reader's test, the others in that of tasks.
  std::set<std::string> known = {"resnet8_w16.yaml", "resnet8_w8.yaml", "resnet11_w16.yaml",
                                 "mobilenet_w32.yaml"};
  for (const Published& published : kPublished) known.insert(published.name + std::string(".yaml"));
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") found.insert(entry.path().filename().string());
  }
  CHECK(found == known);
}

TEST_CASE("Any layer of a published network can follow any precision") {
  for (const Published& published : kPublished) {
    INFO(published.name);
    Network network = read(published.name);
    for (const char* word : {"int4_fp4", "fp16", "fp8", "int4_fp8", "int4_fp16", "int4_fp4_dw_fp8",
                             "int4_fp8_dw_fp4"}) {
      const YamlMap block = YamlMap::parse("default: " + std::string(word), "policy");
      CHECK(fault_text([&] { PrecisionPolicy(block).replace(network); }) == "no fault");
    }
  }
}

/// Share of a network's MACs in the layers that a rule names.
double share(Network network, const std::string& rule) {
  const YamlMap block = YamlMap::parse("{default: fp16, " + rule + "}", "policy");
  PrecisionPolicy(block).replace(network);
  std::int64_t macs = 0;
  for (const Layer& layer : network.layers) {
    if (layer.precision == LayerPrecision::fp8) macs += forward_macs(layer);
  }
  return static_cast<double>(macs) / static_cast<double>(forward_macs(network));
}

TEST_CASE("ResNet-50's 1x1 layers have the shares of MACs that SUN's Fig. 6c rests on") {
  // models/FACTS.md section 6: 48.9 % and, "the bottom ones", 21.3 %: conv3, at the bottom of each
  // block as it is drawn. They hold for the network as first published; torchvision's has the
  // stride in the 3x3 layer, so that conv1 runs over four times the pixels.
  const Network first = read("resnet50_v1"), torchvision = read("resnet50");
  CHECK(share(first, "conv1x1: fp8") == Approx(0.489).margin(0.0005));
  CHECK(share(first, "layers: {\"*.conv3\": fp8}") == Approx(0.213).margin(0.0005));
  CHECK(share(torchvision, "conv1x1: fp8") == Approx(0.518).margin(0.0005));
  CHECK(share(torchvision, "layers: {\"*.conv3\": fp8}") == Approx(0.201).margin(0.0005));
}

TEST_CASE(
    "First, last, shortcut and depthwise layers of the files are in fp16, the rest in 4 bits") {
  const auto in_fp16 = [](const std::string& name) {
    std::set<std::string> names;
    for (const Layer& layer : read(name).layers) {
      if (!multiplies(layer)) continue;
      if (layer.precision == LayerPrecision::fp16) {
        names.insert(layer.name);
      } else {
        CHECK(layer.precision == LayerPrecision::int4_fp4);
      }
    }
    return names;
  };
  using Names = std::set<std::string>;
  CHECK(in_fp16("alexnet") == Names{"conv1", "fc8"});
  CHECK(in_fp16("resnet18") ==
        Names{"conv1", "layer2.0.downsample", "layer3.0.downsample", "layer4.0.downsample", "fc"});
  const Names mobile = in_fp16("mobilenet_v2");
  CHECK(mobile.size() == 1 + 17 + 1);
  CHECK(mobile.count("features.17.depthwise") == 1);
  CHECK(in_fp16("vit_b16") == Names{"patches", "head"});
  CHECK(in_fp16("gpt2_small") == Names{"output"});
}

}  // namespace
}  // namespace nibble
