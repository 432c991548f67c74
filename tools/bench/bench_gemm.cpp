// How fast the bit-exact GEMMs of models/gemm are, on one core: the micro-kernel (rounding and
// accumulation included) against the bare dot-product instruction, whole gemm() calls with packing,
// and the FP16, FP8 and block-scaled ones. Best of many short trials in processor time of this
// thread, taken in turn, so that neighbours on a shared machine disturb little. Vouches for the
// micro-kernel's share of the bare rate where AVX-512 VNNI exists.
#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd.h"
#include "models/gemm/gemm_simd_kernels.h"
#include "models/gemm/gemm_simd_scratch.h"
#include "tools/bench/dot_rate.h"
#include "tools/bench/gemm_formats.h"
#include "tools/bench/timed_work.h"
#include "tools/bench/verdicts.h"

namespace nibble {
namespace {

using Json = nlohmann::json;

constexpr double kVouchedShare = 0.6;  // of the bare rate, chunk_len 64
constexpr const char* kVouchedSet = "AVX3_DL";

/// One tile and one panel, packed, of `chunks` chunks.
class PackedProduct {
 public:
  PackedProduct(StreamFormat stream, int chunk_len, int chunks) : kernels_(gemm_kernels()) {
    GemmArithmetic arithmetic;
    arithmetic.stream = stream;
    arithmetic.chunk_len = chunk_len;
    bytes_ = stream == StreamFormat::u4 && kernels_.integers_as_bytes;
    product_.layout = chunk_layout(chunk_len, bytes_ ? 4 : 2);
    product_.chunks = chunks;
    product_.quads_in_last_chunk = product_.layout.quads;
    rows_ = kernels_.tile_rows(1000);
    const std::int64_t columns = 2 * kernels_.vector_columns;
    const std::int64_t codes = std::int64_t{chunks} * chunk_len;
    macs_ = rows_ * columns * codes;
    const auto a = random_codes<NibbleCode>(rows_ * codes);
    const auto b = random_codes<NibbleCode>(codes * columns);
    std::uint8_t* tile = tile_.get(chunks * product_.layout.pieces * rows_ * kPieceBytes);
    std::int32_t* panel = panel_.get(columns * chunks * product_.layout.quads);
    std::int32_t* start = start_.get(columns * chunks);
    kernels_.pack_stream(a.data(), codes, codes, rows_ * codes, stream, product_.layout, rows_,
                         rows_, tile);
    kernels_.pack_stationary(b.data(), columns, codes, columns, arithmetic, product_.layout, panel,
                             start);
    product_.a = tile;
    product_.b = panel;
    product_.start = start;
    product_.state = state_.get(rows_ * columns);
    std::fill(product_.state, product_.state + rows_ * columns, 0.0F);
  }

  [[nodiscard]] Work work() {
    return {[this] { kernels_.multiply(product_, rows_, 2, bytes_); }, macs_};
  }

 private:
  const GemmKernels& kernels_;
  TileProduct product_;
  bool bytes_ = false;
  int rows_ = 0;
  std::int64_t macs_ = 0;
  ScratchBuffer<std::uint8_t> tile_;
  ScratchBuffer<std::int32_t> panel_, start_;
  ScratchBuffer<float> state_;
};

Work bare_work(bool bytes) {
  constexpr std::int64_t kRounds = 2000;
  const auto run = bytes ? dot_rate().run_bytes : dot_rate().run_pairs;
  return {[run] { run(kRounds); }, run(kRounds)};
}

/// Micro-kernel on operands in the first-level (about 20 KiB) and second-level (about 180 KiB)
/// cache, and the bare instruction, in one set of trials.
Json kernel_rates(const std::string& name, int chunk_len, int trials) {
  PackedProduct int_l1(StreamFormat::u4, chunk_len, 512 / chunk_len);
  PackedProduct int_l2(StreamFormat::u4, chunk_len, 4096 / chunk_len);
  PackedProduct fp4_l1(StreamFormat::fp4_even, chunk_len, 256 / chunk_len);
  PackedProduct fp4_l2(StreamFormat::fp4_even, chunk_len, 2048 / chunk_len);
  std::vector<Work> works = {bare_work(true),  int_l1.work(), int_l2.work(),
                             bare_work(false), fp4_l1.work(), fp4_l2.work()};
  measure(works, trials, 3e-4);
  Json rates = {{"instruction_set", name}, {"chunk_len", chunk_len}};
  const char* keys[] = {"bare_integer_gmacs", "integer_l1_gmacs", "integer_l2_gmacs",
                        "bare_fp4_gmacs",     "fp4_l1_gmacs",     "fp4_l2_gmacs"};
  for (std::size_t i = 0; i < works.size(); ++i) rates[keys[i]] = works[i].best_gmacs;
  rates["integer_share"] = works[1].best_gmacs / works[0].best_gmacs;
  rates["fp4_share"] = works[4].best_gmacs / works[3].best_gmacs;
  return rates;
}

void print_kernels(const Json& rows) {
  fmt::print("micro-kernel on packed operands, rounding and accumulation included, GMAC/s\n");
  fmt::print("{:<8} {:>5} | {:>6} {:>6} {:>6} {:>6} | {:>6} {:>6} {:>6} {:>6}\n", "", "chunk",
             "bare", "int L1", "L2", "share", "bare", "fp4 L1", "L2", "share");
  for (const Json& r : rows) {
    fmt::print(
        "{:<8} {:>5} | {:>6.1f} {:>6.1f} {:>6.1f} {:>5.0f}% | {:>6.1f} {:>6.1f} {:>6.1f} "
        "{:>5.0f}%\n",
        r["instruction_set"].get<std::string>(), r["chunk_len"].get<int>(),
        r["bare_integer_gmacs"].get<double>(), r["integer_l1_gmacs"].get<double>(),
        r["integer_l2_gmacs"].get<double>(), 100 * r["integer_share"].get<double>(),
        r["bare_fp4_gmacs"].get<double>(), r["fp4_l1_gmacs"].get<double>(),
        r["fp4_l2_gmacs"].get<double>(), 100 * r["fp4_share"].get<double>());
  }
}

struct Layer {
  const char* name;
  std::int64_t pixels, in, out;  // pixels of the batch; im2col of a 3x3 filter: 9 * in
};

/// Forward, dgrad and wgrad of one layer as gemm() calls: codes in, fp16 out, packing included.
Json layer_rates(const std::string& name, const Layer& layer, int trials) {
  const GemmShape shapes[] = {{layer.pixels, layer.out, 9 * layer.in},
                              {layer.pixels, layer.in, 9 * layer.out},
                              {layer.out, 9 * layer.in, layer.pixels}};
  const GemmArithmetic arithmetics[] = {{StreamFormat::u4, StationaryFormat::s4},
                                        {StreamFormat::fp4_even, StationaryFormat::s4},
                                        {StreamFormat::fp4_odd, StationaryFormat::u4}};
  const char* keys[] = {"forward_gmacs", "dgrad_gmacs", "wgrad_gmacs"};
  Json rates = {{"instruction_set", name}, {"layer", layer.name}};
  for (int pass = 0; pass < 3; ++pass) {
    const GemmShape shape = shapes[pass];
    const auto a = random_codes<NibbleCode>(shape.m * shape.k);
    const auto b = random_codes<NibbleCode>(shape.k * shape.n);
    std::vector<Fp16Code> c(static_cast<std::size_t>(shape.m * shape.n));
    std::vector<Work> works = {
        {[&] { gemm(shape, arithmetics[pass], a.data(), b.data(), c.data()); }, shape.macs()}};
    measure(works, trials, 1e-3);
    rates[keys[pass]] = works[0].best_gmacs;
  }
  return rates;
}

void print_layers(const Json& rows) {
  fmt::print("\ngemm() with packing, im2col operands of 3x3 layers, chunk 64, fp16x2, GMAC/s\n");
  fmt::print("{:<8} {:<34} {:>7} {:>7} {:>7}\n", "", "layer", "forward", "dgrad", "wgrad");
  for (const Json& r : rows) {
    fmt::print("{:<8} {:<34} {:>7.1f} {:>7.1f} {:>7.1f}\n", r["instruction_set"].get<std::string>(),
               r["layer"].get<std::string>(), r["forward_gmacs"].get<double>(),
               r["dgrad_gmacs"].get<double>(), r["wgrad_gmacs"].get<double>());
  }
}

Json measure_all(bool quick) {
  const std::vector<Layer> layers = {{"16 channels, 28x28, 16 images", 16 * 784, 16, 16},
                                     {"32 channels, 14x14, 32 images", 32 * 196, 32, 32},
                                     {"64 channels, 7x7, 64 images", 64 * 49, 64, 64},
                                     {"256 channels, 14x14, 4 images", 4 * 196, 256, 256},
                                     {"512 channels, 7x7, 8 images", 8 * 49, 512, 512}};
  const int trials = quick ? 8 : 60;
  Json all = {{"kernels", Json::array()}, {"layers", Json::array()}, {"formats", Json::array()}};
  for (const std::string& name : simd_instruction_sets()) {
    const bool best = name == simd_instruction_sets().front();
    const bool shown = best || name == "AVX2";
    const ForcedInstructionSet forced(name);
    all["kernels"].push_back(kernel_rates(name, kDefaultChunkLen, 4 * trials));
    if (best) {
      for (const int chunk_len : {16, 32, 128, 256}) {
        all["kernels"].push_back(kernel_rates(name, chunk_len, trials));
      }
    }
    if (!shown || (quick && !best)) continue;
    for (const Layer& layer : layers) all["layers"].push_back(layer_rates(name, layer, trials));
    for (const Json& rates : format_rates(name, trials)) all["formats"].push_back(rates);
  }
  all["quantisers"] = quantiser_rates(trials);
  return all;
}

/// The vouched shares, if this machine has the instruction set. Returns the exit code.
int print_verdicts(const Json& all) {
  Verdicts verdicts;
  for (const Json& r : all["kernels"]) {
    if (r["instruction_set"] != kVouchedSet || r["chunk_len"] != kDefaultChunkLen) continue;
    const double integer = r["integer_share"], fp4 = r["fp4_share"];
    verdicts.at_least(fmt::format("GEMM kernel over dot instruction, {}, integers", kVouchedSet),
                      integer, kVouchedShare, "x");
    verdicts.at_least(fmt::format("GEMM kernel over dot instruction, {}, fp4", kVouchedSet), fp4,
                      kVouchedShare, "x");
  }
  return verdicts.finish();
}

}  // namespace
}  // namespace nibble

int main(int argc, char** argv) {
  CLI::App app("Speed of the SIMD GEMMs, one core");
  bool quick = false;
  std::string json_file;
  app.add_flag("--quick", quick, "fewer trials, the best instruction set only: under five seconds");
  app.add_option("--json", json_file, "also write the figures to this file");
  CLI11_PARSE(app, argc, argv);

  const nlohmann::json all = nibble::measure_all(quick);
  nibble::print_kernels(all["kernels"]);
  nibble::print_layers(all["layers"]);
  nibble::print_formats(all["formats"]);
  nibble::print_quantisers(all["quantisers"]);
  const int exit_code = nibble::print_verdicts(all);
  if (!json_file.empty()) {
    std::ofstream out(json_file);
    out << all.dump(1) << '\n';
    if (!out.flush()) {
      fmt::print(stderr, "{}: cannot be written\n", json_file);
      return 2;
    }
  }
  return exit_code;
}
