// What a stride larger than the filter leaves out is not fetched.
#include <algorithm>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "sim/compiler/gemm_footprint.h"
#include "tests/sim/compiler/touched_elements.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

/// The operand of a convolution that is an image, in the pass `pass` of its only layer.
class ImageReads {
 public:
  ImageReads(Layer conv, FeatureShape input, GemmPass pass, std::int64_t batch)
      : workload_(step_of(std::move(conv), input, batch)), work_(gemm_of(pass)) {}

  [[nodiscard]] LoweredGemm gemm() const { return lower_conv(work_.conv, work_.pass).front(); }
  [[nodiscard]] int bits() const {
    const TensorId image = forward() ? work_.streamed.tensor : work_.stationary.tensor;
    return workload_.tensors[static_cast<std::size_t>(image)].bits;
  }
  /// Under pixels [begin, end) of the result, columns [first, last) of im2col.
  [[nodiscard]] std::vector<Piece> pieces(std::int64_t begin, std::int64_t end, std::int64_t first,
                                          std::int64_t last) const {
    const LoweredGemm lowered = gemm();
    const GemmFootprint footprint(workload_, sharing_, work_, lowered, {0});
    GemmBlock block = whole_gemm(lowered);
    if (forward()) {
      block.m_begin = begin, block.m_end = end;
      block.k_begin = first, block.k_end = last;
      return footprint.streamed(block);
    }
    block.k_begin = begin, block.k_end = end;
    block.n_begin = first, block.n_end = last;
    return footprint.stationary(block);
  }
  /// By element of the image tensor, of all channels.
  [[nodiscard]] std::vector<bool> touched(std::int64_t begin, std::int64_t end) const {
    const LoweredGemm lowered = gemm();
    GemmBlock block = whole_gemm(lowered);
    (forward() ? block.m_begin : block.k_begin) = begin;
    (forward() ? block.m_end : block.k_end) = end;
    return (forward() ? touched_streamed(lowered, block) : touched_stationary(lowered, block))
        .elements;
  }

 private:
  static Workload step_of(Layer conv, FeatureShape input, std::int64_t batch) {
    WorkloadOptions options;
    options.batch = batch;
    return build_workload(one_layer(std::move(conv), input), options);
  }
  [[nodiscard]] GemmWork gemm_of(GemmPass pass) const {
    for (const Operation& operation : workload_.operations) {
      const auto* work = std::get_if<GemmWork>(&operation.work);
      if (work != nullptr && work->pass == pass) return *work;
    }
    throw std::logic_error("the step has no such pass");
  }
  [[nodiscard]] bool forward() const { return work_.pass == GemmPass::forward; }

  Workload workload_;
  Sharing sharing_{workload_, 1};
  GemmWork work_;
};

Bytes loaded_bytes(const Program& program) {
  Bytes loaded = 0;
  for (const Command& command : program.commands) {
    if (command.unit == Unit::dma_load) loaded += std::get<DmaTransfer>(command.body).bytes;
  }
  return loaded;
}

/// Bytes of the image rows that hold touched elements.
Bytes touched_rows(const std::vector<bool>& touched, std::int64_t row_elements, int bits) {
  Bytes bytes = 0;
  for (auto row = touched.begin(); row != touched.end(); row += row_elements) {
    if (std::find(row, row + row_elements, true) != row + row_elements) {
      bytes += row_elements * bits / 8;
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("Of a ResNet shortcut with stride 2 half of the image rows are fetched") {
  const auto pass = GENERATE(GemmPass::forward, GemmPass::wgrad);
  const ImageReads reads(make_conv("downsample", -1, 512, 1, 2, 0, LayerPrecision::fp16),
                         {56, 56, 256}, pass, 2);
  const Bytes row = 56 * 256 * 2;
  const auto bytes = [&](std::int64_t begin, std::int64_t end, std::int64_t first,
                         std::int64_t last) {
    const std::vector<Piece> pieces = reads.pieces(begin, end, first, last);
    CHECK(pieces.size() == 1);
    return pieces.front().bytes();
  };
  CHECK(bytes(0, 2 * 28 * 28, 0, 256) == 2 * 28 * row);
  CHECK(bytes(28, 4 * 28, 0, 256) == 3 * row);
  CHECK(bytes(0, 28, 32, 64) == row / 8);
  // The envelope, behind whose producers readers wait: rows 0 to 54.
  CHECK(reads.pieces(0, 28 * 28, 0, 256).front() ==
        Piece{reads.pieces(0, 28, 0, 256).front().tensor, 0, 55 * row, (55 - 28) * row});
}

TEST_CASE("A stride larger than the filter fetches the image rows that are read") {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const std::int64_t kernel = pick(random, 1, 2);
    const std::int64_t stride = pick(random, kernel + 1, 4);
    const std::int64_t padding = pick(random, 0, 1);
    const std::int64_t channels = 2 * pick(random, 1, 40);
    const FeatureShape input = {pick(random, 2, 9), pick(random, 2, 9), channels};
    const auto precision = pick_of(random, {LayerPrecision::fp16, LayerPrecision::int4_fp4});
    const auto pass = pick_of(random, {GemmPass::forward, GemmPass::wgrad});
    const ImageReads reads(make_conv("conv", -1, 3, kernel, stride, padding, precision), input,
                           pass, pick(random, 1, 3));
    const ConvShape conv = reads.gemm().conv;
    const std::int64_t lines = conv.n * conv.p();
    const std::int64_t first = pick(random, 0, lines - 1);
    const std::int64_t last = pick(random, first + 1, lines);
    INFO("seed " << seed << ", kernel " << kernel << ", stride " << stride << ", channels "
                 << channels << ", bits " << reads.bits() << ", lines " << first << ".." << last);
    const std::vector<bool> touched = reads.touched(first * conv.q(), last * conv.q());
    const Bytes wanted = touched_rows(touched, conv.w * conv.c, reads.bits());
    if (wanted == 0) continue;  // all windows lie in the padding
    const std::int64_t columns = kernel * kernel * channels;
    CHECK(total_bytes(reads.pieces(first * conv.q(), last * conv.q(), 0, columns)) == wanted);
    ++compared;
  }
  CHECK(compared > 200);
}

TEST_CASE("The rows that a stride skips are neither compulsory nor loaded") {
  // A 1x1 convolution of stride 2 over 6x4 pixels looks at rows 0, 2 and 4.
  const std::int64_t channels = GENERATE(2, 31, 32);
  WorkloadOptions options;
  options.batch = 3;
  options.training = false;
  const Workload workload = build_workload(
      one_layer(make_conv("conv", -1, 5, 1, 2, 0, LayerPrecision::fp16), {6, 4, channels}),
      options);
  const Program program = compile(workload, target_of(plain_chip()));
  const Bytes images = 3 * 3 * 4 * channels * 2;
  const Bytes weights = 5 * channels * 2, logits = 3 * 3 * 2 * 5 * 2;
  CHECK(program.compulsory_bytes == images + weights + logits);
  CHECK(loaded_bytes(program) == images + weights);
}

TEST_CASE("The parts of a piece have between them what it has, and skip no more than they span") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    Piece piece{0, pick(random, 0, 100), 0, 0};
    piece.end = piece.begin + pick(random, 1, 1000);
    piece.skipped = pick(random, 0, piece.end - piece.begin - 1);
    INFO("seed " << seed);
    Bytes bytes = 0;
    for (Bytes at = piece.begin; at < piece.end;) {
      const Bytes end = pick(random, at + 1, piece.end);
      const Piece part = part_of(piece, at, end);
      CHECK(part.skipped >= 0);
      CHECK(part.bytes() >= 0);
      bytes += part.bytes();
      at = end;
    }
    CHECK(bytes == piece.bytes());
  }
}

}  // namespace nibble
