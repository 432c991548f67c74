#include "models/training/embedding_layers.h"

#include <algorithm>

#include "models/layers/layer_fault.h"
#include "models/layers/sequence_elementwise_embedding.h"

namespace nibble {
namespace {

void export_table(const TrainedParameter& table, const std::string& name, LayerWeights& entry) {
  entry.name = name;
  entry.table.resize(table.value.size());
  fp16_from_floats(table.value.data(), table.value.size(), entry.table.data());
}

}  // namespace

EmbeddingLayer::EmbeddingLayer(const Layer& layer, int index, LayerTensor& input,
                               LayerTensor& output)
    : name_(layer.name),
      index_(index),
      input_(input),
      output_(output),
      table_(name_ + ".weight", ParameterKind::weight, {layer.table_rows, layer.filters}, 0.0F) {
  output.wants_values = true;
}

void EmbeddingLayer::forward(const TrainingPass& /*pass*/) {
  const std::int64_t rows = table_.shape.front(), tokens = output_.rows().rows;
  if (input_.tokens.size() != input_.elements() ||
      !ids_are_rows(input_.tokens.data(), tokens, rows)) {
    refuse_layer(name_, "reads tokens that are not " + std::to_string(tokens) + " ids below " +
                            std::to_string(rows));
  }
  embedding(table_.value.data(), input_.tokens.data(), tokens, output_.shape.c,
            output_.values.data());
}

void EmbeddingLayer::backward(const TrainingPass& /*pass*/) {
  std::fill(table_.gradient.begin(), table_.gradient.end(), 0.0F);
  embedding_backward(output_.gradient().data(), input_.tokens.data(), output_.rows().rows,
                     output_.shape.c, table_.gradient.data());
}

void EmbeddingLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  export_table(table_, name_, entries[index_]);
}

PositionEmbeddingLayer::PositionEmbeddingLayer(const Layer& layer, int index, LayerTensor& input,
                                               LayerTensor& output)
    : name_(layer.name),
      index_(index),
      input_(input),
      output_(output),
      table_(name_ + ".weight", ParameterKind::weight, {layer.table_rows, layer.output_shape.c},
             0.0F) {
  input.wants_values = output.wants_values = true;
}

void PositionEmbeddingLayer::forward(const TrainingPass& pass) {
  position_embedding(input_.values.data(), table_.value.data(), pass.samples, output_.shape.h,
                     output_.shape.c, output_.values.data());
}

void PositionEmbeddingLayer::backward(const TrainingPass& pass) {
  std::vector<Fp16Code>& gradient = output_.gradient();
  std::fill(table_.gradient.begin(), table_.gradient.end(), 0.0F);
  position_embedding_backward(gradient.data(), pass.samples, output_.shape.h, output_.shape.c,
                              table_.gradient.data());
  input_.take_gradient(gradient);
}

void PositionEmbeddingLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  export_table(table_, name_, entries[index_]);
}

}  // namespace nibble
