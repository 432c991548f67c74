#include "tools/bench/gemm_formats.h"

#include <functional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "models/formats/fp8.h"
#include "models/gemm/block_scaled_gemm.h"
#include "models/gemm/gemm.h"
#include "models/quantize/block_quantize.h"
#include "models/quantize/hadamard.h"
#include "tools/bench/timed_work.h"

namespace nibble {
namespace {

using Json = nlohmann::json;

struct Case {
  const char* name;
  GemmShape shape;
};

constexpr Case kCases[] = {{"first layer, M N K = 12544 16 9", {12544, 16, 9}},
                           {"its wgrad, M N K = 16 9 12544", {16, 9, 12544}},
                           {"shortcut, M N K = 6272 32 16", {6272, 32, 16}},
                           {"64 channels, M N K = 3136 64 576", {3136, 64, 576}},
                           {"M N K = 256 256 256", {256, 256, 256}}};

constexpr double kTrialSeconds = 1e-3;

Json rate(const std::string& instruction_set, const char* format, const Case& gemm_case,
          std::function<void()> run, int trials) {
  std::vector<Work> works = {{std::move(run), gemm_case.shape.macs()}};
  measure(works, trials, kTrialSeconds);
  return {{"instruction_set", instruction_set},
          {"format", format},
          {"gemm", gemm_case.name},
          {"gmacs", works[0].best_gmacs}};
}

/// Both operands of one GEMM in a block-scaled format.
struct BlockOperands {
  BlockScaled a, b;

  BlockOperands(BlockFormat format, const GemmShape& shape) {
    const auto values_a = random_codes<Fp16Code>(shape.m * shape.k);
    const auto values_b = random_codes<Fp16Code>(shape.k * shape.n);
    block_quantize(format, BlockAxis::k_last, shape.m, shape.k, values_a.data(), nullptr, a);
    block_quantize(format, BlockAxis::k_first, shape.k, shape.n, values_b.data(), nullptr, b);
  }
};

}  // namespace

Json format_rates(const std::string& instruction_set, int trials) {
  Json rates = Json::array();
  for (const Case& c : kCases) {
    const GemmShape shape = c.shape;
    const auto a = random_codes<Fp16Code>(shape.m * shape.k);
    const auto b = random_codes<Fp16Code>(shape.k * shape.n);
    std::vector<Fp16Code> out(static_cast<std::size_t>(shape.m * shape.n));
    const auto run_fp16 = [&] {
      fp16_gemm(shape, AccumulatorType::fp16x2, kDefaultChunkLen, a.data(), b.data(), out.data());
    };
    rates.push_back(rate(instruction_set, "fp16", c, run_fp16, trials));
    // Magnitudes of about 2^-7 to 2, as fp16's.
    std::vector<std::uint8_t> a8(a.size()), b8(b.size());
    fp8_from_fp16s(Fp8Format::e5m2, a.data(), a.size(), 0, a8.data());
    fp8_from_fp16s(Fp8Format::e4m3b11, b.data(), b.size(), 0, b8.data());
    const auto run_fp8 = [&] {
      fp8_gemm(shape, AccumulatorType::fp16x2, kDefaultChunkLen, Fp8Operand::e5m2, a8.data(),
               Fp8Operand::e4m3b11, b8.data(), out.data());
    };
    rates.push_back(rate(instruction_set, "fp8", c, run_fp8, trials));
    std::vector<float> sums(out.size());
    for (const BlockFormat format : {BlockFormat::mxfp4, BlockFormat::nvfp4}) {
      const BlockOperands operands(format, shape);
      const auto run = [&] { block_scaled_gemm(operands.a, operands.b, sums.data()); };
      rates.push_back(rate(instruction_set, block_format(format).name, c, run, trials));
    }
  }
  return rates;
}

void print_formats(const Json& rows) {
  fmt::print("\nfp16_gemm() and fp8_gemm(), a rounding after every product, chunk 64, fp16x2;\n");
  fmt::print("block_scaled_gemm(), operands quantised before; GMAC/s\n");
  for (const Json& r : rows) {
    fmt::print("{:<8} {:<6} {:<34} {:>7.1f}\n", r["instruction_set"].get<std::string>(),
               r["format"].get<std::string>(), r["gemm"].get<std::string>(),
               r["gmacs"].get<double>());
  }
}

Json quantiser_rates(int trials) {
  constexpr std::int64_t kRows = 512, kColumns = 384;
  const auto x = random_codes<Fp16Code>(kRows * kColumns);
  const RandomStream stream{1, 2, 3, 4};
  Json rates = Json::array();
  const auto add = [&](const std::string& name, const std::function<void(BlockAxis)>& quantise) {
    std::vector<Work> works = {{[&] { quantise(BlockAxis::k_last); }, kRows * kColumns},
                               {[&] { quantise(BlockAxis::k_first); }, kRows * kColumns}};
    measure(works, trials, kTrialSeconds);
    rates.push_back({{"quantiser", name},
                     {"gelements", works[0].best_gmacs},
                     {"gelements_strided", works[1].best_gmacs}});
  };
  for (const BlockFormat format : {BlockFormat::mxfp4, BlockFormat::nvfp4}) {
    BlockScaled result;
    const std::string name = block_format(format).name;
    add(name, [&](BlockAxis axis) {
      block_quantize(format, axis, kRows, kColumns, x.data(), nullptr, result);
    });
    add(name + " stochastic", [&](BlockAxis axis) {
      block_quantize(format, axis, kRows, kColumns, x.data(), &stream, result);
    });
  }
  std::vector<float> transformed;
  add("random Hadamard transform", [&](BlockAxis axis) {
    hadamard_transform(axis, kRows, kColumns, x.data(), stream, transformed);
  });
  return rates;
}

void print_quantisers(const Json& rows) {
  fmt::print("\nblock quantisers from fp16, k contiguous | strided, 10^9 elements/s\n");
  for (const Json& r : rows) {
    fmt::print("{:<34} {:>6.2f} {:>6.2f}\n", r["quantiser"].get<std::string>(),
               r["gelements"].get<double>(), r["gelements_strided"].get<double>());
  }
}

}  // namespace nibble
