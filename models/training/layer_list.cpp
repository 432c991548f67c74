#include "models/training/layer_list.h"

#include <algorithm>

#include "models/layers/layer_fault.h"
#include "models/training/activation_layers.h"
#include "models/training/dropout_layer.h"
#include "models/training/embedding_layers.h"
#include "models/training/gemm_layer.h"
#include "models/training/initial_weights.h"
#include "models/training/layer_norm_layer.h"
#include "models/training/layer_tensor.h"
#include "models/training/lstm_layer.h"
#include "models/training/matmul_layer.h"
#include "models/training/pointwise_layer.h"
#include "models/training/pool_layers.h"
#include "models/training/signed_pact_layer.h"

namespace nibble {
namespace {

class Builder {
 public:
  Builder(const Network& network, const TrainingTask& task, std::uint64_t seed,
          const GemmFunction& gemm)
      : network_(network), task_(task), seed_(seed), gemm_(gemm), outputs_(network.layers.size()) {
    input_ = new_tensor(network.input);
    input_->name = "input";
    input_->wants_gradient = false;
    input_->wants_values = !reads_tokens(network);
  }

  LayerList build() {
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (outputs_[i] != nullptr) continue;
      add_layer(static_cast<int>(i));
      if (network_.layers[i].dropout > 0) add_dropout(static_cast<int>(i));
    }
    list_.logits().wants_values = true;
    return std::move(list_);
  }

 private:
  LayerTensor* new_tensor(const FeatureShape& shape) {
    list_.tensors.push_back(std::make_unique<LayerTensor>());
    list_.tensors.back()->shape = shape;
    return list_.tensors.back().get();
  }

  [[nodiscard]] const Layer& layer(int index) const {
    return network_.layers[static_cast<std::size_t>(index)];
  }

  /// Nothing for a layer that no tensor stands behind yet.
  [[nodiscard]] LayerTensor* tensor(int index) const {
    return index < 0 ? input_ : outputs_[static_cast<std::size_t>(index)];
  }

  /// The layer that reads `index`, if it is the only one and reads it once.
  [[nodiscard]] int only_reader(int index) const {
    int reader = -1, readers = 0;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const std::vector<int>& inputs = network_.layers[i].inputs;
      const auto times = std::count(inputs.begin(), inputs.end(), index);
      if (times > 0) reader = static_cast<int>(i);
      readers += static_cast<int>(times);
    }
    return readers == 1 ? reader : -1;
  }

  void add_layer(int index) {
    const Layer& which = layer(index);
    switch (which.kind) {
      case LayerKind::conv:
      case LayerKind::linear:
        return add_gemm(index);
      case LayerKind::batch_norm:
      case LayerKind::add:
      case LayerKind::pact:
      case LayerKind::relu:
        return add_pointwise(index);
      case LayerKind::global_avg_pool:
        return add_plain<GlobalAveragePoolLayer>(index);
      case LayerKind::max_pool:
        return add_plain<MaxPoolLayer>(index);
      case LayerKind::gelu:
        return add_plain<GeluLayer>(index);
      case LayerKind::softmax:
        return add_plain<SoftmaxLayer>(index);
      case LayerKind::pact_signed:
        list_.layers.push_back(std::make_unique<SignedPactLayer>(
            which, index, clip_task(index), *tensor(which.inputs.front()), output_of(index)));
        return;
      case LayerKind::layer_norm:
        list_.layers.push_back(std::make_unique<LayerNormLayer>(
            which, index, *tensor(which.inputs.front()), output_of(index)));
        return;
      case LayerKind::embedding:
        return add_table<EmbeddingLayer>(index);
      case LayerKind::position_embedding:
        return add_table<PositionEmbeddingLayer>(index);
      case LayerKind::matmul:
        return add_matmul(index);
      case LayerKind::lstm:
        return add_lstm(index);
      default:
        refuse_layer(which.name, "unknown kind");
    }
  }

  LayerTensor& output_of(int index) {
    LayerTensor* made = new_tensor(layer(index).output_shape);
    made->name = layer(index).name;
    outputs_[static_cast<std::size_t>(index)] = made;
    return *made;
  }

  void add_gemm(int index) {
    const Layer& which = layer(index);
    LayerTensor& input = *tensor(which.inputs.front());
    LayerTensor& output = output_of(index);
    output.wants_values = true;
    auto made =
        std::make_unique<GemmLayer>(which, index, arithmetic(), task_.recipe, gemm_, input, output);
    made->weights().value = weights_of(index);
    list_.layers.push_back(std::move(made));
  }

  /// A layer without parameters.
  template <typename PlainLayer>
  void add_plain(int index) {
    LayerTensor& input = *tensor(layer(index).inputs.front());
    LayerTensor& output = output_of(index);
    output.wants_values = true;
    list_.layers.push_back(std::make_unique<PlainLayer>(layer(index), input, output));
  }

  /// Between a layer's output and all that read it.
  void add_dropout(int index) {
    LayerTensor& whole = *tensor(index);
    list_.layers.push_back(
        std::make_unique<DropoutLayer>(layer(index), index, whole, output_of(index)));
  }

  template <typename TableLayer>
  void add_table(int index) {
    LayerTensor& input = *tensor(layer(index).inputs.front());
    auto made = std::make_unique<TableLayer>(layer(index), index, input, output_of(index));
    made->table().value = weights_of(index);
    list_.layers.push_back(std::move(made));
  }

  void add_matmul(int index) {
    const Layer& which = layer(index);
    LayerTensor& a = *tensor(which.inputs[0]);
    LayerTensor& b = *tensor(which.inputs[1]);
    list_.layers.push_back(std::make_unique<MatmulLayer>(which, index, arithmetic(), task_.recipe,
                                                         gemm_, a, b, output_of(index)));
  }

  void add_lstm(int index) {
    const Layer& which = layer(index);
    LayerTensor& input = *tensor(which.inputs.front());
    auto made = std::make_unique<LstmLayer>(which, index, arithmetic(), task_.recipe, gemm_, input,
                                            output_of(index));
    const std::vector<float> weights = weights_of(index);
    const auto hidden =
        weights.end() - static_cast<std::ptrdiff_t>(made->hidden_weights().value.size());
    std::copy(weights.begin(), hidden, made->input_weights().value.begin());
    std::copy(hidden, weights.end(), made->hidden_weights().value.begin());
    made->bias().value = initial_lstm_bias(which);
    list_.layers.push_back(std::move(made));
  }

  [[nodiscard]] LayerArithmetic arithmetic() const {
    return {task_.accumulator, task_.chunk_len, task_.fp16_chunk_len};
  }

  [[nodiscard]] std::vector<float> weights_of(int index) const {
    return initial_weights(layer(index), static_cast<std::size_t>(index), seed_);
  }

  /// What a softmax or an LSTM yields is at most 1, dropout aside, and so is the alpha behind it at
  /// first.
  [[nodiscard]] TrainingTask clip_task(int index) const {
    TrainingTask task = task_;
    const int source = layer(index).inputs.front();
    const bool bounded = source >= 0 && (layer(source).kind == LayerKind::softmax ||
                                         layer(source).kind == LayerKind::lstm);
    if (bounded) {
      task.alpha_initial =
          std::min(task.alpha_initial, static_cast<double>(dropout_factor(layer(source))));
    }
    return task;
  }

  /// What one PointwiseLayer computes: its stages in their order, -1 for those it has not.
  struct PointwiseChain {
    int norm = -1, add = -1, activation = -1;

    [[nodiscard]] int last() const { return activation >= 0 ? activation : add >= 0 ? add : norm; }
  };

  /// Begins with the layer `index` and goes on while the next stage is the only reader.
  [[nodiscard]] PointwiseChain pointwise_chain(int index) const {
    PointwiseChain chain;
    if (is_activation(index)) {
      chain.activation = index;
      return chain;
    }
    if (layer(index).kind == LayerKind::add) {
      chain.add = index;
    } else {
      chain.norm = index;
      const int reader = only_reader(index);
      const bool adds = reader >= 0 && layer(reader).kind == LayerKind::add;
      if (adds && other_summand(reader, index) != nullptr) chain.add = reader;
    }
    const int next = only_reader(chain.last());
    if (next >= 0 && is_activation(next)) chain.activation = next;
    return chain;
  }

  /// What the layer `add` adds to the output of `index`; nothing if it is not computed yet.
  [[nodiscard]] LayerTensor* other_summand(int add, int index) const {
    const std::vector<int>& inputs = layer(add).inputs;
    return tensor(inputs[0] == index ? inputs[1] : inputs[0]);
  }

  void add_pointwise(int index) {
    const PointwiseChain chain = pointwise_chain(index);
    const int source = layer(index).inputs.front();
    PointwiseParts parts;
    parts.reads_alone = only_reader(source) == index;
    LayerTensor* other = nullptr;
    if (chain.norm >= 0) {
      parts.norm = &layer(chain.norm);
      parts.norm_index = chain.norm;
    }
    if (chain.add >= 0) {
      parts.add = &layer(chain.add);
      other = other_summand(chain.add, chain.norm >= 0 ? chain.norm : source);
    }
    if (chain.activation >= 0) {
      parts.activation = &layer(chain.activation);
      parts.activation_index = chain.activation;
    }
    LayerTensor& output = output_of(chain.last());
    // The tensors between the stages have no reader outside; their entries say that they are done.
    for (const int stage : {chain.norm, chain.add}) {
      if (stage >= 0) outputs_[static_cast<std::size_t>(stage)] = &output;
    }
    const TrainingTask task = chain.activation >= 0 ? clip_task(chain.activation) : task_;
    list_.layers.push_back(
        std::make_unique<PointwiseLayer>(parts, task, *tensor(source), other, output));
  }

  [[nodiscard]] bool is_activation(int index) const {
    return layer(index).kind == LayerKind::pact || layer(index).kind == LayerKind::relu;
  }

  const Network& network_;
  const TrainingTask& task_;
  std::uint64_t seed_;
  const GemmFunction& gemm_;
  LayerList list_;
  LayerTensor* input_ = nullptr;
  std::vector<LayerTensor*> outputs_;  // of each layer of the network, once it is built
};

}  // namespace

LayerList::LayerList() = default;
LayerList::~LayerList() = default;
LayerList::LayerList(LayerList&&) noexcept = default;
LayerList& LayerList::operator=(LayerList&&) noexcept = default;

LayerList build_layers(const Network& network, const TrainingTask& task, std::uint64_t seed,
                       const GemmFunction& gemm) {
  return Builder(network, task, seed, gemm).build();
}

}  // namespace nibble
