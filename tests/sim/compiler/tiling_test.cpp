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

/// The operation that multiplies, of a workload with one.
std::size_t only_gemm(const Workload& workload) {
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    if (std::holds_alternative<GemmWork>(workload.operations[i].work)) return i;
  }
  throw std::logic_error("no operation multiplies");
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
      ".*: .* needs? ([0-9]+) bytes of stream buffer, it has ([0-9]+)(, allowed .*| \\([0-9]+ "
      "short, "
      ".*\\), allowed .*|)");
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
  // 40 images of 240 features to 4 classes in blocks of 16 rows. Held: 4 x 240 weights. A slot: 16
  // rows of 240 features and of 4 results, all 2 bytes wide. The epilogue and its inputs are
  // smaller.
  WorkloadOptions options;
  options.batch = 40;
  options.training = false;
  const Workload workload = build_workload(
      one_layer(make_linear("fc", -1, 4, LayerPrecision::fp16), {1, 1, 240}), options);
  GemmMapping mapping;
  mapping.rows = 16;
  mapping.depth = 240;
  const Bytes weights = 4 * 240 * 2;
  const Bytes slot = 16 * 240 * 2 + 16 * 4 * 2;
  CHECK(smallest_stream_buffer(workload, target_of(plain_chip()), 0,
                               {{only_gemm(workload), mapping}}) == weights + 2 * slot);
}

TEST_CASE("Pinned sizes are those of every block but the last ones, or the pin is refused") {
  // 50 rows, 37 columns and a reduction of 3 x 3 x 24 on a tile of 16 lanes x 16 columns.
  WorkloadOptions options;
  options.batch = 2;
  options.training = false;
  const Workload workload = build_workload(
      one_layer(make_conv("conv", -1, 37, 3, 1, 1, LayerPrecision::int4_fp4), {5, 5, 24}), options);
  ChipConfig chip = plain_chip();
  chip.tile.acc_rows = 20;
  const std::int64_t m = 50, n = 37, k = 216;
  int refused = 0;
  for (const std::int64_t rows : {0, 7, 20, 21, 50, 1000}) {
    for (const std::int64_t columns : {0, 5, 16, 17, 37, 1000}) {
      for (const std::int64_t depth : {0, 8, 16, 48, 216, 1000}) {
        INFO("pinned to " << rows << " x " << columns << " x " << depth);
        for (const Bytes buffer : {2048, 4096, 1 << 20}) {
          CompilerTarget target = target_of(chip);
          target.stream_buffer_bytes = buffer;
          target.scratchpad_bytes = buffer;
          const GemmMapping pin{CoreSplit::rows, HeldOperand::stationary, rows, columns, depth};
          Program program;
          try {
            program = compile(workload, target, {{only_gemm(workload), pin}});
          } catch (const std::invalid_argument& error) {
            ++refused;
            // In a large buffer only what no array can do: sums wait in 20 rows of accumulators,
            // and each 16 columns take rows of their own.
            const bool in_parts = depth > 0 && depth < k;
            const std::int64_t waiting = std::clamp<std::int64_t>(rows, 1, m) *
                                         ceil_div(std::clamp<std::int64_t>(columns, 1, n), 16);
            const bool impossible = in_parts && (waiting > 20 || depth % chip.tile.lanes != 0);
            const std::string fault = error.what();
            CHECK((fault.find("no block has these sizes") != std::string::npos) == impossible);
            CHECK((buffer < 1 << 20 || impossible));
            continue;
          }
          for (const Command& command : program.commands) {
            const auto* tile = std::get_if<TileCommand>(&command.body);
            if (tile == nullptr) continue;
            const auto is = [](std::int64_t pinned, std::int64_t begin, std::int64_t end,
                               std::int64_t all) {
              return pinned == 0 || (begin % pinned == 0 && end == std::min(begin + pinned, all));
            };
            CHECK(is(rows, tile->m_begin, tile->m_end, m));
            CHECK(is(columns, tile->n_begin, tile->n_end, n));
            CHECK(is(depth, tile->k_begin, tile->k_end, k));
          }
        }
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE(
    "A layer fits as long as any of its mappings does, and is refused with the best of them") {
  constexpr Bytes kResident = 4096;
  bool they_differ = false;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options;
    options.batch = 2;
    options.training = false;
    const bool fp16 = one_in(random, 2);
    const LayerPrecision precision = fp16 ? LayerPrecision::fp16 : LayerPrecision::int4_fp4;
    const FeatureShape input{3, 8, pick(random, 20, 40)};
    Layer layer = make_conv("conv", -1, static_cast<int>(pick(random, 20, 40)), 3, 1, 1, precision);
    const Workload workload = build_workload(one_layer(std::move(layer), input), options);
    CompilerTarget target = target_of(plain_chip());
    target.cores = static_cast<int>(pick(random, 2, 3));
    Bytes best = 0;
    Bytes worst = 0;
    for (const CoreSplit split : {CoreSplit::rows, CoreSplit::columns}) {
      for (const HeldOperand held : {HeldOperand::stationary, HeldOperand::streamed}) {
        const MappingTable table{{only_gemm(workload), {split, held, 0, 0, 0}}};
        const Bytes needed = smallest_stream_buffer(workload, target, kResident, table);
        best = best == 0 ? needed : std::min(best, needed);
        worst = std::max(worst, needed);
      }
    }
    CHECK(smallest_stream_buffer(workload, target, kResident) == best);
    they_differ = they_differ || worst > best;
    target.stream_buffer_bytes = best - 1;
    target.scratchpad_bytes = best - 1 + kResident;
    const std::string fault = compile_error(workload, target);
    INFO(fault);
    CHECK(fault.find(" " + std::to_string(best) + " bytes of stream buffer, it has " +
                     std::to_string(best - 1)) != std::string::npos);
  }
  CHECK(they_differ);
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
