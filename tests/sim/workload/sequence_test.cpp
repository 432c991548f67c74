// Steps of sequences: tables, tied weights, LSTMs.
#include <catch2/catch.hpp>

#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/count_steps.h"
#include "tests/sim/workload/find_work.h"
#include "tests/sim/workload/step_laws.h"

namespace nibble {
namespace {

using namespace test;
using Names = std::vector<std::string>;

constexpr auto kFp16 = LayerPrecision::fp16;

Network sequence(std::vector<Layer> layers, FeatureShape input, std::int64_t classes) {
  Network network;
  network.name = "sequence";
  network.input = input;
  network.classes = classes;
  network.layers = std::move(layers);
  infer_shapes(network);
  return network;
}

Workload step(const Network& network, const WorkloadOptions& options = {}) {
  Workload workload = build_workload(network, options);
  CHECK(broken_law(workload, options.training) == "");
  return workload;
}

Layer table(std::int64_t rows, std::int64_t features, bool tied = false) {
  Layer layer = make_layer(tied ? "again" : "words", LayerKind::embedding, {-1});
  layer.table_rows = rows;
  layer.filters = features;
  layer.tied = tied;
  return layer;
}

Layer head(int input, std::int64_t filters, bool tied, LayerPrecision precision = kFp16) {
  Layer layer = make_linear("output", input, filters, precision);
  layer.flatten = false;
  layer.tied = tied;
  return layer;
}

std::int64_t elements(const Workload& workload, const std::string& name) {
  return workload.tensors.at(static_cast<std::size_t>(tensor_named(workload, name))).elements;
}

}  // namespace

TEST_CASE("An embedding reads and updates the rows that are looked up, the others lie in DRAM") {
  WorkloadOptions options;
  options.batch = 3;
  const Network network = sequence({table(100, 8), head(0, 7, false)}, {5, 1, 1}, 7);
  const Workload workload = step(network, options);
  CHECK(elements(workload, "words.master") == 3 * 5 * 8);
  CHECK(elements(workload, "words.others.master") == (100 - 15) * 8);
  const std::vector<SfuWork> runs = runs_with(workload, SfuStep::embed);
  REQUIRE(runs.size() == 2);
  CHECK(names_of(workload, runs[0].inputs) == Names{"input", "words.master"});
  CHECK(names_of(workload, runs[1].outputs) == Names{"words.master", "words.momentum"});
  CHECK(runs[1].elements == 3 * 5 * 8);

  options.batch = 30;  // more lookups than rows: all rows, once
  const Workload large = step(network, options);
  CHECK(elements(large, "words.master") == 100 * 8);
  CHECK(!has_tensor(large, "words.others.master"));
  CHECK(runs_with(large, SfuStep::embed).back().elements == 30 * 5 * 8);
}

TEST_CASE("A tied output reads the table's master, has none of its own, and shares one update") {
  WorkloadOptions options;
  options.batch = 2;
  const Workload workload =
      step(sequence({table(50, 8), head(0, 50, true)}, {5, 1, 1}, 50), options);
  CHECK(!has_tensor(workload, "output.master"));
  CHECK(!has_tensor(workload, "output.momentum"));
  const std::vector<SfuWork> updates = runs_with(workload, SfuStep::sgd_update);
  REQUIRE(updates.size() == 1);
  CHECK(updates.front().elements == 50 * 8);
  CHECK(names_of(workload, updates.front().inputs) ==
        Names{"output.dw.acc", "words.gradient", "words.master", "words.momentum",
              "words.others.master", "words.others.momentum"});
  CHECK(names_of(workload, runs_with(workload, SfuStep::cast).front().inputs) ==
        Names{"words.master", "words.others.master"});

  options.training = false;  // an inference finds codes of the output beside the table
  const Workload inference =
      step(sequence({table(50, 8), head(0, 50, true)}, {5, 1, 1}, 50), options);
  CHECK(inference.tensors.at(static_cast<std::size_t>(tensor_named(inference, "output.w")))
            .persistent);
}

TEST_CASE("A tied embedding looks up other rows of the same table") {
  const Workload workload =
      step(sequence({table(50, 8), table(50, 8, true), make_layer("sum", LayerKind::add, {0, 1}),
                     head(2, 7, false)},
                    {5, 1, 1}, 7));
  CHECK(elements(workload, "words.master") == 5 * 8);
  CHECK(elements(workload, "again.master") == 5 * 8);
  CHECK(elements(workload, "words.others.master") == 40 * 8);
  const std::vector<SfuWork> updates = runs_with(workload, SfuStep::sgd_update);
  REQUIRE(updates.size() == 2);  // the head's and one of the table
  CHECK(names_of(workload, updates.back().outputs) ==
        Names{"words.master", "again.master", "words.momentum", "again.momentum"});
  CHECK(updates.back().elements == 2 * 5 * 8);
}

TEST_CASE("Tied weights without an owner are refused") {
  const Network network = sequence({table(50, 8), head(0, 7, true)}, {5, 1, 1}, 7);
  CHECK_THROWS_WITH(build_workload(network, {}),
                    "layer output: is tied, but no earlier layer has weights of that size");
}

TEST_CASE("A tied layer multiplies what its owner multiplies, and its gradient joins the owner's") {
  Layer first = make_linear("first", -1, 6, kFp16);
  Layer second = make_linear("second", 0, 6, kFp16);
  second.tied = true;
  const Workload workload = step(sequence({first, second}, {1, 1, 6}, 6));
  CHECK(gemms_of(workload, "first", GemmPass::forward).front().stationary.tensor ==
        gemms_of(workload, "second", GemmPass::forward).front().stationary.tensor);
  const std::vector<SfuWork> updates = runs_with(workload, SfuStep::sgd_update);
  REQUIRE(updates.size() == 1);
  CHECK(names_of(workload, updates.front().inputs) ==
        Names{"first.dw.acc", "second.dw.acc", "first.master", "first.momentum"});
}

TEST_CASE("A position table is summed over the batch, extra tokens have no gradient below") {
  for (const std::int64_t extra : {0, 1}) {
    for (const std::int64_t rows : {0, 6, 9}) {
      INFO("rows " << rows << ", extra tokens " << extra);
      Layer places = make_layer("places", LayerKind::position_embedding, {0});
      places.table_rows = rows;
      places.extra_tokens = extra;
      WorkloadOptions options;
      options.batch = 4;
      Layer stem = make_linear("stem", -1, 8, kFp16);
      stem.flatten = false;
      const Workload workload =
          step(sequence({stem, places, head(1, 7, false)}, {5, 1, 3}, 7), options);
      const std::int64_t positions = 5 + extra;
      const std::int64_t trained = ((rows > 0 ? positions : 0) + extra) * 8;
      CHECK(has_tensor(workload, "places.table") == (rows == 0));
      CHECK(has_tensor(workload, "places.master") == (trained > 0));
      CHECK(has_tensor(workload, "places.others.master") == (rows > positions));
      if (trained == 0) continue;
      CHECK(elements(workload, "places.master") == trained);
      const Tensor& sums =
          workload.tensors.at(static_cast<std::size_t>(tensor_named(workload, "places.sums")));
      CHECK(sums.elements == trained);
      CHECK_FALSE(sums.reduction);  // as large as a feature map: shared out by positions
      CHECK(elements(workload, "places.gradient") == 4 * 5 * 8);  // of the stem's positions
    }
  }
}

namespace {

Network recurrent(std::int64_t times, bool bidirectional, LayerPrecision precision) {
  Layer lstm = make_layer("lstm", LayerKind::lstm, {0});
  lstm.filters = 6;
  lstm.bidirectional = bidirectional;
  lstm.precision = precision;
  return sequence({make_layer("act", LayerKind::pact_signed, {-1}), lstm, head(1, 7, false)},
                  {times, 1, 5}, 7);
}

}  // namespace

TEST_CASE("An LSTM multiplies all inputs at once and hidden states step by step, both ways") {
  for (const bool bidirectional : {false, true}) {
    const std::int64_t times = 4, batch = 3, directions = bidirectional ? 2 : 1;
    WorkloadOptions options;
    options.batch = batch;
    const Workload workload =
        step(recurrent(times, bidirectional, LayerPrecision::int4_fp4), options);
    for (const GemmPass pass : {GemmPass::forward, GemmPass::dgrad}) {
      std::int64_t whole = 0, single = 0;
      for (const GemmWork& gemm : gemms_of(workload, "lstm", pass)) {
        CHECK(gemm.conv.k == 4 * 6);
        if (gemm.conv.n == batch * times) ++whole;
        if (gemm.conv.n == batch) {
          ++single;
          CHECK(gemm.streamed.parts == times);
          CHECK(gemm.result.parts == times - 1);
        }
      }
      CHECK(whole == directions);
      CHECK(single == directions * (times - 1));
    }
    CHECK(gemms_of(workload, "lstm", GemmPass::wgrad).size() ==
          static_cast<std::size_t>(2 * directions));
    CHECK(count_steps(workload, SfuStep::lstm_cell) == directions * times);
    CHECK(count_steps(workload, SfuStep::lstm_cell_backward) == directions * times);
    for (const SfuWork& cell : runs_with(workload, SfuStep::lstm_cell)) {
      CHECK(cell.elements == batch * 6);
    }
    // One stage a pass: no fence between the steps.
    int stages = 0;
    for (const WorkloadStage& stage : workload.stages) stages += stage.layer == "lstm" ? 1 : 0;
    CHECK(stages == 4);
  }
}

TEST_CASE("The two directions of an LSTM take turns, one from each end") {
  const Workload workload = step(recurrent(3, true, LayerPrecision::int4_fp4));
  Names order;
  for (const GemmWork& gemm : gemms_of(workload, "lstm", GemmPass::forward)) {
    if (gemm.streamed.parts == 1) continue;
    order.push_back(tensor_of(workload, gemm.streamed).name + std::to_string(gemm.streamed.part));
  }
  CHECK(order == Names{"lstm.ahead.h0", "lstm.back.h2", "lstm.ahead.h1", "lstm.back.h1"});
  const std::vector<SfuWork> cells = runs_with(workload, SfuStep::lstm_cell);
  // Halves of y: three steps ahead, then three back.
  const std::int64_t parts[] = {0, 5, 1, 4, 2, 3};
  REQUIRE(cells.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(cells[i].outputs.front().part == parts[i]);
    CHECK(cells[i].outputs.front().parts == 6);
  }
}

TEST_CASE("Hidden states stream in the format of the forward pass, gates' gradients in theirs") {
  const auto bits = [](LayerPrecision precision, GemmPass pass) {
    const Workload workload = step(recurrent(3, false, precision));
    for (const GemmWork& gemm : gemms_of(workload, "lstm", pass)) {
      if (gemm.streamed.parts > 1 || pass == GemmPass::wgrad) {
        return tensor_of(workload, gemm.streamed).bits;
      }
    }
    return 0;
  };
  using P = LayerPrecision;
  CHECK(bits(P::int4_fp4, GemmPass::forward) == 4);
  CHECK(bits(P::fp8, GemmPass::forward) == 8);
  CHECK(bits(P::fp16, GemmPass::forward) == 16);
  CHECK(bits(P::int4_fp4_dw_fp8, GemmPass::dgrad) == 4);
  CHECK(bits(P::int4_fp4_dw_fp8, GemmPass::wgrad) == 8);
  CHECK(bits(P::int4_fp8_dw_fp4, GemmPass::dgrad) == 8);
  CHECK(bits(P::int4_fp8_dw_fp4, GemmPass::wgrad) == 4);
  CHECK(bits(P::int4_fp16, GemmPass::dgrad) == 16);
}

TEST_CASE("A sequence of one step has no recurrence and no weights for it") {
  const Workload workload = step(recurrent(1, true, LayerPrecision::int4_fp4));
  CHECK(gemms_of(workload, "lstm", GemmPass::forward).size() == 2);
  CHECK(!has_tensor(workload, "lstm.ahead.wh.master"));
}

}  // namespace nibble
