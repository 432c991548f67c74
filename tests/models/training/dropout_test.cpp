// Dropout: its masks, its arithmetic, the same in both arithmetics, and nothing of it elsewhere.
#include <algorithm>
#include <cmath>
#include <map>

#include "models/layers/gemm_call.h"
#include "models/layers/inference.h"
#include "models/training/dropout_layer.h"
#include "models/training/fp32_network.h"
#include "models/training/trained_network.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

Layer dropping(double share) {
  Layer layer = test::layer("fc", LayerKind::linear, {-1});
  layer.dropout = share;
  return layer;
}

TEST_CASE("A mask drops its share, word by word of the stream of seed, step and layer") {
  constexpr std::size_t kCount = 100001;
  for (const double share : {0.1, 0.5, 0.9}) {
    const std::vector<float> kept = dropout_mask(dropping(share), 3, 7, 20, kCount);
    const auto dropped = std::count(kept.begin(), kept.end(), 0.0F);
    INFO("share " << share);
    CHECK(static_cast<double>(dropped) / kCount == Approx(share).margin(0.006));
    for (std::size_t i = 0; i < 300; ++i) {
      const double word = random_word({7, 20, 3, kUseDropout}, i) / std::ldexp(1.0, 32);
      CHECK(kept[i] == (word >= share ? static_cast<float>(1.0 / (1.0 - share)) : 0.0F));
    }
    CHECK(kept != dropout_mask(dropping(share), 3, 7, 21, kCount));
    CHECK(kept != dropout_mask(dropping(share), 4, 7, 20, kCount));
    CHECK(kept != dropout_mask(dropping(share), 3, 8, 20, kCount));
    const std::vector<float> fewer = dropout_mask(dropping(share), 3, 7, 20, 77);
    CHECK(std::equal(fewer.begin(), fewer.end(), kept.begin()));
  }
}

TEST_CASE("What stays is divided by the rest and rounded once, on the way back too") {
  LayerTensor in, out;
  in.shape = out.shape = {1, 1, 50};
  DropoutLayer layer(dropping(0.3), 2, in, out);
  in.begin(4);
  out.begin(4);
  TrainingPass pass;
  pass.samples = 4;
  pass.seed = 5;
  pass.step = 6;
  std::vector<Fp16Code> gradient;
  gradient.reserve(in.values.size());
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    in.values[i] = fp16_from_float(0.37F * static_cast<float>(i) - 30.0F);
    gradient.push_back(fp16_from_float(0.011F * static_cast<float>(i)));
  }
  layer.forward(pass);
  std::copy(gradient.begin(), gradient.end(), out.new_gradient());
  out.added_gradient();
  layer.backward(pass);
  const std::vector<float> kept = dropout_mask(dropping(0.3), 2, 5, 6, in.values.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    CHECK(out.values[i] == fp16_from_float(fp16_to_float(in.values[i]) * kept[i]));
    CHECK(in.gradient()[i] == fp16_from_float(fp16_to_float(gradient[i]) * kept[i]));
  }
}

Network with_dropout(Network network) {
  for (Layer& layer : network.layers) {
    if (takes_dropout(layer.kind) && layer.name != "output") layer.dropout = 0.25;
  }
  return network;
}

Batch tokens_of(std::uint32_t step) {
  Batch batch;
  batch.samples = 2;
  batch.step = step;
  for (std::int32_t i = 0; i < 2 * test::kTinyTokens; ++i) {
    batch.tokens.push_back(i * 5 % test::kTinyRows);
    batch.labels.push_back(i * 3 % test::kTinyRows);
  }
  return batch;
}

double distance(const std::vector<float>& got, const std::vector<float>& wanted) {
  double squares = 0, all = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    squares += std::pow(double{got[i]} - double{wanted[i]}, 2);
    all += std::pow(double{wanted[i]}, 2);
  }
  return std::sqrt(squares / all);
}

TEST_CASE("Both arithmetics drop the same elements, others in another step") {
  TrainingTask task = test::small_task();
  task.alpha_initial = 1000;
  for (const Network& plain :
       {test::tiny_lstm(LayerPrecision::fp16), test::tiny_transformer(LayerPrecision::fp16)}) {
    const Network network = with_dropout(plain);
    TrainedNetwork ours(network, task, 3);
    Fp32Network exact(network, task, 3), without(plain, task, 3);
    (void)without.run(tokens_of(0));
    std::vector<float> before;
    for (const std::uint32_t step : {0U, 1U}) {
      (void)ours.run(tokens_of(step));
      (void)exact.run(tokens_of(step));
      CHECK(distance(ours.logits(), exact.logits()) < 0.01);
      CHECK(distance(exact.logits(), without.logits()) > 0.1);
      if (step == 1) CHECK(distance(exact.logits(), before) > 0.1);
      before = exact.logits();
      std::map<std::string, ParameterArray> by_name;
      for (const ParameterArray& mine : ours.parameters()) by_name[mine.name] = mine;
      for (const ParameterArray& parameter : exact.parameters()) {
        if (parameter.kind != ParameterKind::weight) continue;
        INFO(parameter.name);
        const float* mine = by_name.at(parameter.name).gradient;
        CHECK(distance({mine, mine + parameter.count},
                       {parameter.gradient, parameter.gradient + parameter.count}) < 0.03);
      }
    }
  }
}

TEST_CASE("Evaluation and inference know no dropout") {
  const Network plain = test::tiny_transformer(LayerPrecision::int4_fp4);
  const Network network = with_dropout(plain);
  const TrainingTask task = test::small_task();
  const Batch batch = tokens_of(0);
  Fp32Network dropping_net(network, task, 3), plain_net(plain, task, 3);
  CHECK(dropping_net.judge(batch).loss == plain_net.judge(batch).loss);
  const NetworkWeights weights = TrainedNetwork(network, task, 3).export_weights();
  const InferenceNetwork with(network, weights), without(plain, weights);
  CHECK(with.logits(batch.tokens.data(), 2, fast_gemm) ==
        without.logits(batch.tokens.data(), 2, fast_gemm));
}

}  // namespace
}  // namespace nibble
