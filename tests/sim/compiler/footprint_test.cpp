// The bytes that a block is given against those it touches, by brute force.
#include <catch2/catch.hpp>

#include "sim/compiler/gemm_footprint.h"
#include "tests/sim/compiler/touched_bytes.h"
#include "tests/sim/support/pick.h"

namespace nibble {
namespace {

using namespace test;

ConvShape random_conv(Random& random) {
  for (;;) {
    ConvShape conv;
    conv.n = pick(random, 1, 3);
    conv.c = pick(random, 1, 5);
    conv.h = pick(random, 1, 9);
    conv.w = pick(random, 1, 9);
    conv.k = pick(random, 1, 5);
    conv.r = pick(random, 1, 5);
    conv.s = pick(random, 1, 5);
    conv.stride = pick(random, 1, 3);
    conv.padding = pick(random, 0, 2);
    if (conv.h + 2 * conv.padding >= conv.r && conv.w + 2 * conv.padding >= conv.s) return conv;
  }
}

/// Operands as tensors 0 (streamed), 1 (stationary) and 2 (result) of a workload of their own.
struct Operands {
  Workload workload;
  GemmWork work;
  Sharing sharing{workload, 1};

  Operands(const ConvShape& conv, GemmPass pass, int bits) {
    const std::int64_t x = conv.n * conv.h * conv.w * conv.c;
    const std::int64_t y = conv.n * conv.p() * conv.q() * conv.k;
    const std::int64_t w = conv.k * conv.r * conv.s * conv.c;
    const bool forward = pass == GemmPass::forward;
    const bool wgrad = pass == GemmPass::wgrad;
    workload.tensors = {{"streamed", forward ? x : y, bits, false},
                        {"stationary", wgrad ? x : w, bits, false},
                        {"result",
                         forward ? y
                         : wgrad ? w
                                 : x,
                         16, false}};
    work.conv = conv;
    work.pass = pass;
    work.streamed = 0;
    work.stationary = 1;
    work.result = 2;
  }
};

struct Range {
  std::int64_t begin, end;
};
Range random_range(Random& random, std::int64_t size) {
  const std::int64_t begin = pick(random, 0, size - 1);
  return {begin, pick(random, begin + 1, size)};
}

bool inside(const std::vector<Piece>& pieces, Bytes byte) {
  for (const Piece& piece : pieces) {
    if (piece.begin <= byte && byte < piece.end) return true;
  }
  return false;
}

void check_superset(const std::vector<Piece>& pieces, const TouchedBytes& touched) {
  Bytes end = 0;
  for (const Piece& piece : pieces) {
    CHECK(piece.begin >= end);  // in order, disjoint
    CHECK(piece.end > piece.begin);
    end = piece.end;
  }
  CHECK(end <= static_cast<Bytes>(touched.size()));
  for (std::size_t byte = 0; byte < touched.size(); ++byte) {
    if (touched[byte] && !inside(pieces, static_cast<Bytes>(byte))) {
      FAIL("byte " << byte << " is touched and not given");
    }
  }
}

bool any(const TouchedBytes& touched, Bytes begin, Bytes end) {
  for (Bytes byte = begin; byte < end; ++byte) {
    if (touched[static_cast<std::size_t>(byte)]) return true;
  }
  return false;
}

/// Both ends of each piece lie in image rows of `row_bits` bits that are touched.
void check_tight(const std::vector<Piece>& pieces, const TouchedBytes& touched,
                 std::int64_t row_bits) {
  for (const Piece& piece : pieces) {
    const Bytes row = (row_bits + 7) / 8;
    INFO("piece " << piece.begin << ".." << piece.end);
    CHECK(any(touched, piece.begin, std::min(piece.begin + row, piece.end)));
    CHECK(any(touched, std::max(piece.end - row, piece.begin), piece.end));
  }
}

std::string text(const ConvShape& c) {
  std::string all;
  for (const std::int64_t size : {c.n, c.c, c.h, c.w, c.k, c.r, c.s, c.stride, c.padding}) {
    all += std::to_string(size) + " ";
  }
  return "n c h w k r s stride padding " + all;
}

}  // namespace

TEST_CASE("A block is given all bytes it touches") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Random random(seed);
    const ConvShape conv = random_conv(random);
    const auto pass = pick_of(random, {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad});
    const int bits = pick_of(random, {4, 16});
    const Operands operands(conv, pass, bits);
    for (const LoweredGemm& gemm : lower_conv(conv, pass)) {
      const Range m = random_range(random, gemm.shape.m);
      const Range n = random_range(random, gemm.shape.n);
      const Range k =
          pass == GemmPass::wgrad ? random_range(random, gemm.shape.k) : Range{0, gemm.shape.k};
      INFO("seed " << seed << ": " << text(conv) << "pass " << static_cast<int>(pass) << " m "
                   << m.begin << ".." << m.end << " k " << k.begin << ".." << k.end);
      const GemmFootprint footprint(operands.workload, operands.sharing, operands.work, gemm, {0});
      const GemmBlock block{0, 1, m.begin, m.end, n.begin, n.end, k.begin, k.end};
      check_superset(footprint.streamed(block),
                     touched_streamed(gemm, bits, m.begin, m.end, k.begin, k.end));
      check_superset(footprint.stationary(block),
                     touched_stationary(gemm, bits, k.begin, k.end, n.begin, n.end));
    }
  }
}

TEST_CASE("Blocks of whole pixel rows are given no image row before the first and after the last") {
  int pieces = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Random random(seed);
    ConvShape conv = random_conv(random);
    // Otherwise whole columns of pixels lie in the padding and touch nothing.
    conv.s = std::max(conv.s, std::max(conv.padding + 1, conv.stride));
    conv.w += conv.s;
    // And a window that skips rows may step over the image's edge.
    if (conv.padding > 0) conv.r = std::max(conv.r, conv.stride);
    conv.h = std::max(conv.h, conv.r - 2 * conv.padding);
    const auto pass = pick_of(random, {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad});
    const int bits = pick_of(random, {4, 16});
    const Operands operands(conv, pass, bits);
    for (const LoweredGemm& gemm : lower_conv(conv, pass)) {
      const bool dgrad = pass == GemmPass::dgrad;
      const std::int64_t across =
          dgrad ? (conv.w - gemm.phase_w + conv.stride - 1) / conv.stride : conv.q();
      const std::int64_t pixels = pass == GemmPass::wgrad ? gemm.shape.k : gemm.shape.m;
      const Range rows = random_range(random, pixels / across);
      const Range m{rows.begin * across, rows.end * across};
      INFO("seed " << seed << ": " << text(conv) << "pass " << static_cast<int>(pass) << " pixels "
                   << m.begin << ".." << m.end);
      const GemmFootprint footprint(operands.workload, operands.sharing, operands.work, gemm, {0});
      const GemmBlock streams{0, 1, m.begin, m.end, 0, gemm.shape.n, 0, gemm.shape.k};
      const GemmBlock reduces{0, 1, 0, gemm.shape.m, 0, gemm.shape.n, m.begin, m.end};
      const std::int64_t row_bits = (dgrad ? conv.q() * conv.k : conv.w * conv.c) * bits;
      const std::vector<Piece> given =
          pass == GemmPass::wgrad ? footprint.stationary(reduces) : footprint.streamed(streams);
      check_tight(given,
                  pass == GemmPass::wgrad
                      ? touched_stationary(gemm, bits, m.begin, m.end, 0, gemm.shape.n)
                      : touched_streamed(gemm, bits, m.begin, m.end, 0, gemm.shape.k),
                  row_bits);
      pieces += static_cast<int>(given.size());
    }
  }
  CHECK(pieces > 2000);
}

TEST_CASE("Blocks write a result side by side, without gap or overlap") {
  const ConvShape conv{2, 3, 6, 5, 7, 3, 3, 1, 1};
  const LoweredGemm gemm = lower_conv(conv, GemmPass::forward).front();
  const Operands operands(conv, GemmPass::forward, 16);
  const Bytes offset = 24;
  const GemmFootprint footprint(operands.workload, operands.sharing, operands.work, gemm,
                                {offset / 2});
  Bytes next = offset;
  for (std::int64_t n = 0; n < gemm.shape.n; n += 4) {
    for (std::int64_t m = 0; m < gemm.shape.m; m += 16) {
      const std::vector<Piece> pieces =
          footprint.result({0, 1, m, std::min(m + 16, gemm.shape.m), n,
                            std::min(n + 4, gemm.shape.n), 0, gemm.shape.k});
      REQUIRE(pieces.size() == 1);
      CHECK(pieces.front().begin == next);
      next = pieces.front().end;
    }
  }
  CHECK(next == offset + gemm.shape.m * gemm.shape.n * 2);
}

}  // namespace nibble
