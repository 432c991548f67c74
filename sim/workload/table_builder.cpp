// Embeddings: tables of which a step reads and updates some rows, and position tables that are
// added.
#include <algorithm>

#include "sim/workload/step_builder.h"

namespace nibble {

/// Rows of a table, which the SFU reads itself: no operand of a GEMM is made of them.
Weights StepBuilder::add_table(const std::string& name, std::int64_t elements) {
  Weights weights;
  weights.elements = elements;
  const bool training = options_.training;
  weights.master = {
      add_tensor({name + (training ? ".master" : ".w"), elements, training ? 32 : 16, true})};
  if (training) weights.momentum = {add_tensor({name + ".momentum", elements, 32, true})};
  return weights;
}

/// A part of the table for each embedding that looks up rows in it, and the rows that the step
/// leaves alone. ASSUMED: tokens differ, so that every lookup fetches another row, until all rows
/// have been fetched; real text repeats words, which a cache of rows could use.
void StepBuilder::prepare_table(int owner) {
  if (!tensors_of(owner).weights.empty()) return;
  std::vector<int> users{owner};
  for (const int tied : graph_.tied_to(owner)) {
    if (layer_at(tied).kind == LayerKind::embedding) users.push_back(tied);
  }
  const Layer& table = layer_at(owner);
  const auto lookups = [&](int user) {
    const FeatureShape& shape = graph_.shape(user);
    return options_.batch * shape.h * shape.w * layer_at(user).lookups;
  };
  std::int64_t rows = 0;
  for (const int user : users) rows += lookups(user);
  Weights used;
  if (rows >= table.table_rows) {
    used = add_table(table.name, table.table_rows * table.filters);
    for (const int user : users) tensors_of(user).input = used.master;
    tensors_of(owner).weights = {used};
    return;
  }
  for (const int user : users) {
    const Weights part = add_table(name_of(user), lookups(user) * table.filters);
    tensors_of(user).input = part.master;
    used.elements += part.elements;
    used.master.insert(used.master.end(), part.master.begin(), part.master.end());
    used.momentum.insert(used.momentum.end(), part.momentum.begin(), part.momentum.end());
  }
  tensors_of(owner).weights = {
      used, add_table(table.name + ".others", (table.table_rows - rows) * table.filters)};
}

void StepBuilder::forward_embedding(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  prepare_table(at.tied ? owner_of(layer) : layer);
  SfuWork work;
  work.steps = {SfuStep::embed};
  work.elements = at.lookups * elements_of(layer);
  work.inputs = parts_in_memory(source_of(layer));
  work.inputs.insert(work.inputs.end(), mine.input.begin(), mine.input.end());
  mine.value = add_map(at.name + ".y", graph_.shape(layer), 16);
  work.outputs = {mine.value};
  emit(std::move(work));
}

/// Updates the rows that were looked up; all rows if a GEMM multiplies the table too, for then
/// every row has a gradient.
void StepBuilder::backward_embedding(int layer) {
  const Layer& at = layer_at(layer);
  const TensorId gradient = gradient_in_memory(layer);
  run_pending_update();
  if (at.tied) {
    tensors_of(owner_of(layer)).tied_gradients.emplace_back(gradient);
    return;
  }
  LayerTensors& mine = tensors_of(layer);
  const std::vector<int> tied = graph_.tied_to(layer);
  const bool dense =
      std::any_of(tied.begin(), tied.end(), [&](int user) { return multiplies(layer_at(user)); });
  SfuWork work;
  std::int64_t lookups = at.lookups * elements_of(layer);
  for (const int user : tied) {
    const Layer& other = layer_at(user);
    if (!multiplies(other)) lookups += other.lookups * elements_of(user);
  }
  if (dense) work.steps = {SfuStep::scale};
  work.steps.insert(work.steps.end(), {SfuStep::embed, SfuStep::sgd_update});
  work.inputs = mine.tied_gradients;
  work.inputs.emplace_back(gradient);
  for (const Weights& part : mine.weights) {
    if (!dense && &part != &mine.weights.front()) break;
    work.elements += part.elements;
    work.outputs.insert(work.outputs.end(), part.master.begin(), part.master.end());
    work.outputs.insert(work.outputs.end(), part.momentum.begin(), part.momentum.end());
  }
  work.elements = std::max(work.elements, lookups);
  work.inputs.insert(work.inputs.end(), work.outputs.begin(), work.outputs.end());
  open_stage(layer, Pass::update);
  emit(std::move(work));
  close_stage();
}

/// Trained: a row for each position, and the extra tokens. A fixed table is only read.
void StepBuilder::forward_position_embedding(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  const FeatureShape& shape = graph_.shape(layer);
  const std::int64_t rows = shape.h * shape.w;
  if (at.table_rows == 0) {
    mine.input = {add_tensor({at.name + ".table", rows * shape.c, 16, true})};
  }
  const std::int64_t trained = (at.table_rows > 0 ? rows : 0) + at.extra_tokens;
  if (trained == 0) return;
  mine.weights = {add_table(at.name, trained * shape.c)};
  mine.input.push_back(mine.weights.front().master.front());
  if (at.table_rows > rows) {
    mine.weights.push_back(add_table(at.name + ".others", (at.table_rows - rows) * shape.c));
  }
}

/// The table's gradient is summed over the batch. Simplified: as large as a feature map, it is
/// shared out by positions like one, and what cores with other images would send is not counted.
void StepBuilder::backward_position_embedding(int layer) {
  const LayerTensors& mine = tensors_of(layer);
  const std::string& name = layer_at(layer).name;
  const int source = source_of(layer);
  Expression run = gradient_of(layer);
  if (mine.weights.empty()) return add_gradient(source, std::move(run));
  const Weights& table = mine.weights.front();
  const TensorId sums = add_tensor({name + ".sums", table.elements, 32});
  std::vector<TensorSlice> outputs{sums};
  if (run.in_memory() && layer_at(layer).extra_tokens == 0) {
    add_gradient(source, run);
  } else if (source >= 0) {
    outputs.emplace_back(add_map(name + ".gradient", graph_.shape(source), 16));
    add_gradient(source, {{}, {outputs.back()}, {}});
  }
  run.steps.push_back(SfuStep::residual_add);
  emit(SfuWork{std::move(run.steps), elements_of(layer), std::move(run.inputs), std::move(outputs),
               std::move(run.whole)});
  update(table, {sums});
}

}  // namespace nibble
