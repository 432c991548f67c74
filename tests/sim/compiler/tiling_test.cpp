// GEMMs cut into commands, and buffers that are one byte too small.
#include <algorithm>
#include <map>
#include <regex>

#include <catch2/catch.hpp>

#include "sim/tile/tile_timing.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

struct Draw {
  ChipConfig chip;
  Workload workload;
  MappingTable mappings;
};

Draw draw(std::uint64_t seed, int most_cores) {
  Random random(seed);
  Draw draw;
  draw.chip = random_chip(random, ArrayKind::nibble4_and_fp16, most_cores);
  if (one_in(random, 2)) draw.chip.tile.acc_rows = static_cast<int>(pick(random, 1, 40));
  WorkloadOptions options;
  options.batch = pick(random, 1, 4);
  draw.workload = build_workload(
      one_in(random, 2) ? random_timing_network(random) : random_network(random, true, true),
      options);
  if (one_in(random, 2)) draw.mappings = random_mappings(random, draw.workload, draw.chip);
  fit_buffers(random, draw.workload, draw.chip, draw.mappings);
  return draw;
}

/// How often each product of a GEMM is computed.
class ProductCount {
 public:
  explicit ProductCount(const LoweredGemm& gemm)
      : shape_(gemm.shape), count_(static_cast<std::size_t>(gemm.macs()), 0) {}
  void add(const TileCommand& command) {
    for (std::int64_t g = command.g_begin; g < command.g_end; ++g) {
      for (std::int64_t m = command.m_begin; m < command.m_end; ++m) {
        for (std::int64_t n = command.n_begin; n < command.n_end; ++n) {
          for (std::int64_t k = command.k_begin; k < command.k_end; ++k) {
            ++count_[static_cast<std::size_t>(((g * shape_.m + m) * shape_.n + n) * shape_.k + k)];
          }
        }
      }
    }
  }
  [[nodiscard]] bool each_once() const {
    return std::all_of(count_.begin(), count_.end(), [](int count) { return count == 1; });
  }

 private:
  GemmShape shape_;
  std::vector<std::uint8_t> count_;
};

std::string compile_error(const Workload& workload, const CompilerTarget& target,
                          const MappingTable& mappings = {}) {
  try {
    (void)compile(workload, target, mappings);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

Network one_layer(Layer layer, FeatureShape input) {
  Network network;
  network.name = "one";
  network.input = input;
  network.layers = {std::move(layer)};
  Network sized = network;
  sized.classes = 0;
  try {
    infer_shapes(sized);
  } catch (const std::invalid_argument&) {  // only the number of classes is wrong yet
  }
  const FeatureShape& yields = sized.layers.back().output_shape;
  network.classes = yields.h * yields.w > 1 ? yields.c : yields.elements();
  infer_shapes(network);
  return network;
}

}  // namespace

TEST_CASE("Commands compute every product of every GEMM exactly once, within the array's rules") {
  std::int64_t parts_of_k = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const Draw at = draw(seed, 6);
    const Program program = compile(at.workload, target_of(at.chip), at.mappings);
    std::vector<ProductCount> counts;
    for (const ProgramGemm& gemm : program.gemms) counts.emplace_back(gemm.lowered);
    std::map<std::pair<int, Unit>, const TileCommand*> before;  // in each array
    for (const Command& command : program.commands) {
      const auto* tile = std::get_if<TileCommand>(&command.body);
      if (tile == nullptr) continue;
      const bool small = command.unit == Unit::fp16_tile;
      const TileGeometry array = small ? *at.chip.fp16_tile : at.chip.tile;
      // Throws if the command breaks a rule of tile_command.h.
      const TileActivity activity = tile_activity(*tile, array.running(tile->precision));
      CHECK(activity.macs_useful > 0);
      counts[tile->gemm].add(*tile);
      // A block's parts of K follow each other.
      const TileCommand*& last = before[{command.core, command.unit}];
      if (tile->k_begin > 0) {
        ++parts_of_k;
        REQUIRE(last != nullptr);
        CHECK(last->gemm == tile->gemm);
        CHECK(last->k_end == tile->k_begin);
        CHECK(last->g_begin == tile->g_begin);
        CHECK(last->m_begin == tile->m_begin);
        CHECK(last->n_begin == tile->n_begin);
      }
      last = tile;
    }
    for (const ProductCount& count : counts) CHECK(count.each_once());
  }
  CHECK(parts_of_k > 10);
}

TEST_CASE("With a stream buffer one byte too small the message names what it needs") {
  const std::regex message(
      ".*: .* needs? ([0-9]+) bytes of stream buffer, it has ([0-9]+), allowed .*");
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    INFO("seed " << seed);
    const Draw at = draw(seed, 4);
    CompilerTarget target = target_of(at.chip);
    const Bytes resident = target.scratchpad_bytes - target.stream_buffer_bytes;
    const Bytes enough = smallest_stream_buffer(at.workload, target, resident, at.mappings);
    target.stream_buffer_bytes = enough;
    target.scratchpad_bytes = enough + resident;
    CHECK(compile_error(at.workload, target, at.mappings) == "");
    target.stream_buffer_bytes = enough - 1;
    target.scratchpad_bytes = enough - 1 + resident;
    const std::string error = compile_error(at.workload, target, at.mappings);
    INFO(error);
    std::smatch found;
    REQUIRE(std::regex_match(error, found, message));
    CHECK(found[1] == std::to_string(enough));
    CHECK(found[2] == std::to_string(enough - 1));
  }
}

TEST_CASE("The smallest buffer of one fp16 linear layer is its weights and twice a block's rows") {
  // 40 images of 24 features to 4 classes on a tile of 16 lanes x 4 columns: rows can be cut to
  // blocks of 16, columns cannot be cut. Held: 4 x 24 weights. A slot: 16 rows of 24 features and
  // 16 rows of 4 results, all 2 bytes wide. The forward epilogue and its inputs are smaller.
  WorkloadOptions options;
  options.batch = 40;
  options.training = false;
  const Workload workload = build_workload(
      one_layer(make_linear("fc", -1, 4, LayerPrecision::fp16), {1, 1, 24}), options);
  const Bytes weights = 4 * 24 * 2;
  const Bytes slot = 16 * 24 * 2 + 16 * 4 * 2;
  CHECK(smallest_stream_buffer(workload, target_of(plain_chip()), 0) == weights + 2 * slot);
}

TEST_CASE("A chip without an FP16 tile refuses layers kept in fp16 by name") {
  WorkloadOptions options;
  const Workload workload = build_workload(
      one_layer(make_linear("head", -1, 4, LayerPrecision::fp16), {1, 1, 24}), options);
  CompilerTarget target = target_of(plain_chip());
  target.fp16_tile.reset();
  CHECK(compile_error(workload, target) ==
        "head forward: the layer is kept in fp16 and the chip has no array for it, allowed a chip "
        "with fp16_tile or precision int4_fp4");
}

TEST_CASE("Rows that a stride skips are not compulsory") {
  // A 1x1 convolution of stride 2 over 6x4 pixels looks at rows 0, 2 and 4; one contiguous piece
  // brings rows 0 to 4 all the same.
  WorkloadOptions options;
  options.batch = 3;
  options.training = false;
  const Workload workload = build_workload(
      one_layer(make_conv("conv", -1, 5, 1, 2, 0, LayerPrecision::fp16), {6, 4, 2}), options);
  const Program program = compile(workload, target_of(plain_chip()));
  const Bytes row = 3 * 4 * 2 * 2, weights = 5 * 2 * 2, logits = 3 * 3 * 2 * 5 * 2;
  CHECK(program.compulsory_bytes == 3 * row + weights + logits);
  Bytes loaded = 0;
  for (const Command& command : program.commands) {
    if (command.unit == Unit::dma_load) loaded += std::get<DmaTransfer>(command.body).bytes;
  }
  CHECK(loaded == 5 * row + weights);
}

TEST_CASE("Arrays with few accumulators still get blocks") {
  WorkloadOptions options;
  options.batch = 7;
  const Workload workload = build_workload(
      one_layer(make_linear("fc", -1, 4, LayerPrecision::fp16), {1, 1, 24}), options);
  CompilerTarget target = target_of(plain_chip());
  for (const int rows : {1, 2, 3, 5, 8}) {
    target.fp16_tile->acc_rows = rows;
    CHECK(compile_error(workload, target) == "");
  }
}

}  // namespace nibble
