#include <random>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "sim/driver/validate/checks.h"
#include "sim/tile/tile_backend.h"

namespace nibble {
namespace {

std::int64_t pick(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

/// A GEMM for this array with random operands; Code is NibbleCode or Fp16Code.
template <typename Code>
struct CommandCase {
  TileCommand command;
  std::vector<Code> a, b;

  CommandCase(std::mt19937_64& random, const TileGeometry& geometry) {
    command.precision = geometry.precision;
    command.arithmetic.stream = static_cast<StreamFormat>(random() % 4);
    command.arithmetic.stationary = static_cast<StationaryFormat>(random() % 2);
    command.arithmetic.accumulator =
        random() % 2 != 0 ? AccumulatorType::fp16x2 : AccumulatorType::fp16;
    command.arithmetic.chunk_len = geometry.lanes;
    // One in four is long enough for a second group of chunks.
    const bool is_long = random() % 4 == 0;
    const std::int64_t chunks = is_long ? pick(random, 65, 140) : pick(random, 1, 5);
    const std::int64_t wide = geometry.columns();
    command.shape = {pick(random, 1, is_long ? 20 : 200), pick(random, 1, wide + wide / 2),
                     chunks * geometry.lanes - pick(random, 0, geometry.lanes - 1)};
    command.m_end = command.shape.m;
    command.n_end = command.shape.n;
    command.k_end = command.shape.k;
    a.resize(static_cast<std::size_t>(command.shape.m * command.shape.k));
    b.resize(static_cast<std::size_t>(command.shape.k * command.shape.n));
    for (Code& code : a) code = random_code(random);
    for (Code& code : b) code = random_code(random);
  }

  static Code random_code(std::mt19937_64& random) {
    const std::uint64_t bits = random();
    if (sizeof(Code) == 1) return static_cast<Code>(bits % 16);
    const auto exponent = static_cast<unsigned>(27 + (bits >> 32) % 8);
    return static_cast<Code>((bits & 0x81FF) | exponent << 9);
  }

  /// A command that covers a part of M and N, the whole of K.
  void choose_block(std::mt19937_64& random) {
    command.m_begin = pick(random, 0, command.shape.m - 1);
    command.m_end = pick(random, command.m_begin + 1, command.shape.m);
    command.n_begin = pick(random, 0, command.shape.n - 1);
    command.n_end = pick(random, command.n_begin + 1, command.shape.n);
  }

  [[nodiscard]] std::string text() const {
    return fmt::format("{}x{}x{}, m [{}, {}), n [{}, {}), stream {}, stationary {}, accumulator {}",
                       command.shape.m, command.shape.n, command.shape.k, command.m_begin,
                       command.m_end, command.n_begin, command.n_end,
                       static_cast<int>(command.arithmetic.stream),
                       static_cast<int>(command.arithmetic.stationary),
                       static_cast<int>(command.arithmetic.accumulator));
  }
};

template <typename Code>
void check_random_commands(UnitCheck& check, const CheckScope& scope, TileGeometry geometry) {
  std::mt19937_64 random(scope.seed);
  for (int i = 0; i < (scope.quick ? 3 : 24); ++i) {
    geometry.tiles = 1 + i % 3;
    const auto rtl = make_tile_backend(Engine::rtl, geometry);
    const auto model = make_tile_backend(Engine::model, geometry);
    CommandCase<Code> test(random, geometry);
    if (i % 2 == 1) test.choose_block(random);
    // What a command must not touch keeps this mark.
    const auto size = static_cast<std::size_t>(test.command.shape.m * test.command.shape.n);
    std::vector<Fp16Code> rtl_c(size, 0xFFFF);
    std::vector<Fp16Code> model_c(size, 0xFFFF);
    const TileOperands rtl_operands{test.a.data(), test.b.data(), rtl_c.data()};
    const TileOperands model_operands{test.a.data(), test.b.data(), model_c.data()};
    TileActivity counted;
    std::string complaint;  // the RTL's clocks or result rows were not those of the closed form
    try {
      counted = rtl->execute(test.command, &rtl_operands);
    } catch (const std::logic_error& fault) {
      complaint = fault.what();
    }
    const TileActivity closed_form = model->execute(test.command, &model_operands);
    check.expect(counted == closed_form, [&] {
      return fmt::format("{} tiles, {}: {}", geometry.tiles, test.text(),
                         !complaint.empty()
                             ? complaint
                             : fmt::format("counted {}, closed form {}", activity_text(counted),
                                           activity_text(closed_form)));
    });
    for (std::size_t at = 0; at < size; ++at) {
      check.expect(rtl_c[at] == model_c[at], [&] {
        return fmt::format("{} tiles, {}: result {}: reference {:04x}, RTL {:04x}", geometry.tiles,
                           test.text(), at, model_c[at], rtl_c[at]);
      });
    }
  }
}

}  // namespace

void check_commands(UnitCheck& check, const CheckScope& scope, const TileGeometry& geometry) {
  if (geometry.precision == TilePrecision::nibble4) {
    check_random_commands<NibbleCode>(check, scope, geometry);
  } else {
    check_random_commands<Fp16Code>(check, scope, geometry);
  }
}

}  // namespace nibble
