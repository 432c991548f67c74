// Whole networks of sequences, trained by their layers, and against autograd.
#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "models/layers/inference.h"
#include "models/layers/sequence_elementwise_softmax.h"
#include "models/trace/replay.h"
#include "models/training/fp32_network.h"
#include "models/training/layer_list.h"
#include "models/training/layer_tensor.h"
#include "models/training/trace_recorder.h"
#include "models/training/trained_network.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

constexpr std::int64_t kSequences = 2;

struct Tokens {
  std::vector<std::int32_t> inputs, targets;
};

Tokens random_tokens(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Tokens tokens;
  for (std::int64_t i = 0; i < kSequences * test::kTinyTokens; ++i) {
    tokens.inputs.push_back(static_cast<std::int32_t>(random() % test::kTinyRows));
    tokens.targets.push_back(static_cast<std::int32_t>(random() % test::kTinyRows));
  }
  return tokens;
}

/// The layers of a network, with plain gradient descent.
class Trainee {
 public:
  explicit Trainee(Network network, const GemmFunction& gemm = {},
                   const TrainingTask& task = test::small_task())
      : network_(std::move(network)), task_(task), list_(build_layers(network_, task_, 3, gemm)) {}

  /// Mean loss of the logits; gradients of 2^10 times it are left in the parameters.
  double run(const Tokens& tokens, OperationSink* sink = nullptr) {
    TrainingPass pass;
    pass.samples = kSequences;
    pass.sink = sink;
    for (const auto& tensor : list_.tensors) tensor->begin(kSequences);
    list_.input().tokens = tokens.inputs;
    for (const auto& layer : list_.layers) layer->forward(pass);
    LayerTensor& last = list_.logits();
    const auto count = static_cast<std::int64_t>(tokens.targets.size());
    const CrossEntropy loss =
        cross_entropy(last.values.data(), tokens.targets.data(), count, network_.classes,
                      0x1p10F / static_cast<float>(count), last.new_gradient());
    last.added_gradient();
    for (auto layer = list_.layers.rbegin(); layer != list_.layers.rend(); ++layer) {
      (*layer)->backward(pass);
    }
    return static_cast<double>(loss.loss_sum) / static_cast<double>(count);
  }

  void descend(float rate) {
    for (TrainedParameter* parameter : parameters()) {
      for (std::size_t i = 0; i < parameter->value.size(); ++i) {
        parameter->value[i] -= rate * 0x1p-10F * parameter->gradient[i];
      }
    }
    for (const auto& layer : list_.layers) layer->finish_step();
  }

  [[nodiscard]] std::vector<TrainedParameter*> parameters() const {
    std::vector<TrainedParameter*> all;
    for (const auto& layer : list_.layers) {
      for (TrainedParameter* parameter : layer->parameters()) all.push_back(parameter);
    }
    return all;
  }

  [[nodiscard]] NetworkWeights weights() const {
    NetworkWeights result;
    if (task_.recipe.blocks) result.blocks = task_.recipe.blocks->format;
    std::map<int, LayerWeights> entries;
    for (const auto& layer : list_.layers) layer->export_weights(entries);
    for (auto& [index, entry] : entries) result.layers.push_back(std::move(entry));
    return result;
  }
  [[nodiscard]] const Network& network() const { return network_; }
  [[nodiscard]] const std::vector<Fp16Code>& logits() const { return list_.logits().values; }

 private:
  Network network_;
  TrainingTask task_;
  LayerList list_;
};

std::vector<Network> tiny_networks() {
  return {test::tiny_lstm(LayerPrecision::int4_fp4), test::tiny_lstm(LayerPrecision::fp16),
          test::tiny_transformer(LayerPrecision::int4_fp4),
          test::tiny_transformer(LayerPrecision::fp16)};
}

TEST_CASE("A tiny LSTM and a tiny Transformer learn two sequences by heart, the same twice") {
  const Tokens tokens = random_tokens(17);
  for (const Network& network : tiny_networks()) {
    Trainee trainee(network), again(network);
    const double first = trainee.run(tokens);
    double last = first;
    for (int step = 0; step < 300; ++step) {
      last = trainee.run(tokens);
      trainee.descend(1.0F);
      (void)again.run(tokens);
      again.descend(1.0F);
    }
    INFO("first " << first);
    CHECK(last < 0.1);
    const auto ours = trainee.parameters(), theirs = again.parameters();
    for (std::size_t i = 0; i < ours.size(); ++i) CHECK(ours[i]->value == theirs[i]->value);
  }
}

/// Length of the difference, as a part of the wanted one's.
double distance(const float* got, const float* wanted, std::size_t count) {
  double squares = 0, all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = static_cast<double>(got[i]) - static_cast<double>(wanted[i]);
    squares += difference * difference;
    all += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
  }
  return std::sqrt(squares / all);
}

/// Cosine of the angle, and the length as a part of the wanted one's.
struct Comparison {
  double cosine = 0, length = 0;
};
Comparison compare(const float* got, const float* wanted, std::size_t count) {
  double product = 0, own = 0, all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    product += static_cast<double>(got[i]) * static_cast<double>(wanted[i]);
    own += static_cast<double>(got[i]) * static_cast<double>(got[i]);
    all += static_cast<double>(wanted[i]) * static_cast<double>(wanted[i]);
  }
  return {product / std::sqrt(own * all), std::sqrt(own / all)};
}

TEST_CASE("With every layer in fp16 a sequence network's gradients are those of FP32 autograd") {
  const Tokens tokens = random_tokens(23);
  Batch batch;
  batch.samples = kSequences;
  batch.tokens = tokens.inputs;
  batch.labels = tokens.targets;
  TrainingTask task = test::small_task();
  task.alpha_initial = 1000;
  for (const Network& network :
       {test::tiny_lstm(LayerPrecision::fp16), test::tiny_transformer(LayerPrecision::fp16)}) {
    TrainedNetwork ours(network, task, 3);
    Fp32Network exact(network, task, 3);
    const BatchOutcome outcome = ours.run(batch), wanted = exact.run(batch);
    CHECK(outcome.loss == Approx(wanted.loss).epsilon(0.002));
    CHECK(distance(ours.logits().data(), exact.logits().data(), exact.logits().size()) < 0.01);
    std::map<std::string, ParameterArray> by_name;
    for (const ParameterArray& parameter : ours.parameters()) by_name[parameter.name] = parameter;
    for (const ParameterArray& parameter : exact.parameters()) {
      INFO(parameter.name);
      const ParameterArray& mine = by_name.at(parameter.name);
      CHECK(std::equal(mine.value, mine.value + mine.count, parameter.value));
      // A softmax does not change if all keys are moved alike: nothing but rounding is left.
      if (parameter.name == "k.bias") continue;
      CHECK(distance(mine.gradient, parameter.gradient, parameter.count) < 0.02);
    }
  }
}

TEST_CASE("With 4-bit layers a sequence network's gradients still point where FP32's do") {
  const Tokens tokens = random_tokens(29);
  Batch batch;
  batch.samples = kSequences;
  batch.tokens = tokens.inputs;
  batch.labels = tokens.targets;
  for (const Network& network : {test::tiny_lstm(LayerPrecision::int4_fp4),
                                 test::tiny_transformer(LayerPrecision::int4_fp4)}) {
    TrainedNetwork ours(network, test::small_task(), 3);
    Fp32Network exact(network, test::small_task(), 3);
    (void)ours.run(batch);
    (void)exact.run(batch);
    std::map<std::string, ParameterArray> by_name;
    for (const ParameterArray& parameter : ours.parameters()) by_name[parameter.name] = parameter;
    for (const ParameterArray& parameter : exact.parameters()) {
      if (parameter.kind != ParameterKind::weight) continue;
      INFO(parameter.name);
      const Comparison way =
          compare(by_name.at(parameter.name).gradient, parameter.gradient, parameter.count);
      // Behind a softmax only differences of gradients are left, and the error stays.
      const bool through_softmax = parameter.name == "q.weight" || parameter.name == "k.weight";
      CHECK(way.cosine > (through_softmax ? 0.6 : 0.7));
      CHECK(way.cosine < 0.9999);  // it did quantise
      CHECK(way.length > 0.4);     // clipping to alpha stops gradients
      CHECK(way.length < 1.3);
    }
  }
}

/// An inference of what `task` trains for three steps gives the training's logits.
void check_inference(const Network& network, const TrainingTask& task, const Tokens& tokens) {
  Trainee trainee(network, {}, task);
  for (int step = 0; step < 3; ++step) {
    (void)trainee.run(tokens);
    trainee.descend(0.1F);
  }
  const InferenceNetwork inference(network, trainee.weights());
  (void)trainee.run(tokens);
  CHECK(inference.logits(tokens.inputs.data(), kSequences, fast_gemm) == trainee.logits());
  CHECK(inference.logits(tokens.inputs.data(), kSequences, slow_gemm) == trainee.logits());
  CHECK(inference.logits(tokens.inputs.data(), kSequences, {}) == trainee.logits());
}

TEST_CASE("An inference of sequences gives the logits of the training's forward pass") {
  const Tokens tokens = random_tokens(18);
  using Precision = LayerPrecision;
  for (const Precision precision :
       {Precision::int4_fp4, Precision::fp16, Precision::fp8, Precision::int4_fp8,
        Precision::int4_fp4_dw_fp8, Precision::int4_fp8_dw_fp4}) {
    INFO("precision " << static_cast<int>(precision));
    check_inference(test::tiny_lstm(precision), test::small_task(), tokens);
    check_inference(test::tiny_transformer(precision), test::small_task(), tokens);
  }
  for (const BlockFormat format : {BlockFormat::mxfp4, BlockFormat::nvfp4}) {
    INFO(block_format(format).name);
    TrainingTask task = test::small_task();
    task.recipe.blocks.emplace();
    task.recipe.blocks->format = format;
    check_inference(test::tiny_lstm(Precision::int4_fp4), task, tokens);
    check_inference(test::tiny_transformer(Precision::int4_fp4), task, tokens);
  }
}

TEST_CASE("A captured step of sequences replays from its file, GEMM by GEMM") {
  const Tokens tokens = random_tokens(31);
  for (const Network& network : tiny_networks()) {
    Trace trace;
    trace.network = network.name;
    trace.batch = kSequences;
    TraceRecorder recorder(trace);
    Trainee trainee(network);
    (void)trainee.run(tokens, &recorder);
    const Trace read = parse_trace("t", trace_bytes(trace));
    std::int64_t macs = 0;
    for (const TraceOperation& operation : read.operations) {
      INFO(operation.layer << " " << operation.part);
      CHECK(count_mismatches(read, operation, slow_gemm) == 0);
      if (operation.pass == GemmPass::forward) macs += operation.conv.macs();
    }
    // An LSTM's first step has no h before it.
    std::int64_t first_steps = 0;
    for (const Layer& layer : network.layers) {
      if (layer.kind == LayerKind::lstm) first_steps += 4 * layer.filters * layer.filters;
    }
    CHECK(macs == kSequences * (forward_macs(network) - first_steps));
  }
}

TEST_CASE("A sequence network's fastest passes give the gradients of the readable GEMM") {
  const Tokens tokens = random_tokens(19);
  for (const Network& network : tiny_networks()) {
    Trainee fast(network), readable(network, slow_gemm);
    CHECK(fast.run(tokens) == readable.run(tokens));
    const auto ours = fast.parameters(), theirs = readable.parameters();
    for (std::size_t i = 0; i < ours.size(); ++i) {
      INFO(ours[i]->name);
      CHECK(ours[i]->gradient == theirs[i]->gradient);
    }
  }
}

TEST_CASE("Alpha begins at 1 behind a softmax or an LSTM, elsewhere where the task says") {
  TrainingTask task = test::small_task();
  task.alpha_initial = 3;
  const auto at_one = [&](const Network& network) {
    TrainedNetwork trained(network, task, 1);
    std::string names;
    for (const ParameterArray& parameter : trained.parameters()) {
      if (parameter.kind != ParameterKind::alpha) continue;
      CHECK((parameter.value[0] == 1 || parameter.value[0] == 3));
      if (parameter.value[0] == 1) names += parameter.name + ' ';
    }
    return names;
  };
  CHECK(at_one(test::tiny_lstm(LayerPrecision::int4_fp4)) == "lstm2.in.alpha output.in.alpha ");
  CHECK(at_one(test::tiny_transformer(LayerPrecision::int4_fp4)) == "softmax.act.alpha ");
}

}  // namespace
}  // namespace nibble
