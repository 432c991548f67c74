// The bytes that a block is given against those it touches, by brute force.
#include <catch2/catch.hpp>

#include "sim/compiler/gemm_footprint.h"
#include "tests/sim/compiler/touched_elements.h"
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
    if (one_in(random, 3)) {
      conv.groups = pick(random, 2, 4);
      conv.c *= conv.groups;
      conv.k *= conv.groups;
      if (one_in(random, 2)) {  // products of their own
        conv.h = conv.w = conv.r = conv.s = conv.stride = 1;
        conv.padding = 0;
      }
    }
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
    const std::int64_t w = conv.k * conv.r * conv.s * conv.c / conv.groups;
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

/// The pieces as a set of bytes; they must be in order and disjoint.
std::vector<bool> bytes_of_pieces(const std::vector<Piece>& pieces, Bytes all) {
  std::vector<bool> bytes(static_cast<std::size_t>(all), false);
  Bytes end = 0;
  for (const Piece& piece : pieces) {
    CHECK(piece.begin >= end);
    CHECK(piece.bytes() > 0);
    CHECK(piece.skipped >= 0);
    end = piece.end;
    REQUIRE(end <= all);
    const auto first = bytes.begin() + piece.begin;
    std::fill(first, first + piece.bytes(), true);
  }
  return bytes;
}

/// `given` are the pieces of a block, `rows` those with all channels.
void check_slice(const std::vector<Piece>& given, const std::vector<Piece>& rows,
                 const Touched& touched, int bits, const Tensor& tensor) {
  CHECK(missing_byte(touched, bits, bytes_of_pieces(given, tensor.bytes())) == -1);
  if (given.size() != rows.size()) {
    FAIL("a slice of " << rows.size() << " pieces has " << given.size());
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    CHECK(given[i].begin >= rows[i].begin);
    CHECK(given[i].end <= rows[i].end);
  }
}

bool any(const std::vector<bool>& touched, Bytes begin, Bytes end) {
  for (Bytes byte = begin; byte < end; ++byte) {
    if (touched[static_cast<std::size_t>(byte)]) return true;
  }
  return false;
}

/// Both ends of each piece lie in image rows of `row_bits` bits that are touched.
void check_tight(const std::vector<Piece>& pieces, const std::vector<bool>& touched,
                 std::int64_t row_bits) {
  for (const Piece& piece : pieces) {
    const Bytes row = (row_bits + 7) / 8;
    INFO("piece " << piece.begin << ".." << piece.end);
    CHECK(any(touched, piece.begin, std::min(piece.begin + row, piece.end)));
    CHECK(any(touched, std::max(piece.end - row, piece.begin), piece.end));
  }
}

GemmBlock random_block(Random& random, const LoweredGemm& gemm) {
  GemmBlock block = whole_gemm(gemm);
  const auto cut = [&random](std::int64_t& begin, std::int64_t& end) {
    const Range range = random_range(random, end);
    begin = range.begin;
    end = range.end;
  };
  cut(block.g_begin, block.g_end);
  // Several groups of products of their own are taken whole only.
  if (independent_groups(gemm.conv) && block.g_end - block.g_begin > 1) return block;
  cut(block.m_begin, block.m_end);
  cut(block.n_begin, block.n_end);
  if (one_in(random, 2)) cut(block.k_begin, block.k_end);
  return block;
}

std::string text(const ConvShape& c) {
  std::string all;
  for (const std::int64_t size :
       {c.n, c.c, c.h, c.w, c.k, c.r, c.s, c.stride, c.padding, c.groups}) {
    all += std::to_string(size) + " ";
  }
  return "n c h w k r s stride padding groups " + all;
}

}  // namespace

TEST_CASE("A block is given all bytes it touches, and of slices of channels as many") {
  int slices = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random(seed);
    const ConvShape conv = random_conv(random);
    const auto pass = pick_of(random, {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad});
    const int bits = pick_of(random, {4, 16});
    const Operands operands(conv, pass, bits);
    for (const LoweredGemm& gemm : lower_conv(conv, pass)) {
      const GemmBlock block = random_block(random, gemm);
      INFO("seed " << seed << ": " << text(conv) << "pass " << static_cast<int>(pass) << " g "
                   << block.g_begin << ".." << block.g_end << " m " << block.m_begin << ".."
                   << block.m_end << " n " << block.n_begin << ".." << block.n_end << " k "
                   << block.k_begin << ".." << block.k_end);
      const GemmFootprint footprint(operands.workload, operands.sharing, operands.work, gemm, {0});
      GemmBlock all = whole_gemm(gemm);
      GemmBlock rows = all;  // the same pixels
      (pass == GemmPass::wgrad ? rows.k_begin : rows.m_begin) =
          pass == GemmPass::wgrad ? block.k_begin : block.m_begin;
      (pass == GemmPass::wgrad ? rows.k_end : rows.m_end) =
          pass == GemmPass::wgrad ? block.k_end : block.m_end;
      if (pass != GemmPass::wgrad) rows.n_begin = block.n_begin, rows.n_end = block.n_end;
      if (independent_groups(conv)) rows.g_begin = block.g_begin, rows.g_end = block.g_end;
      const Touched streamed = touched_streamed(gemm, block);
      check_slice(footprint.streamed(block), footprint.streamed(rows), streamed, bits,
                  operands.workload.tensors[0]);
      if (pass != GemmPass::wgrad) rows.g_begin = block.g_begin, rows.g_end = block.g_end;
      const Touched stationary = touched_stationary(gemm, block);
      check_slice(footprint.stationary(block), footprint.stationary(rows), stationary, bits,
                  operands.workload.tensors[1]);
      slices += streamed.sliced + stationary.sliced;
    }
  }
  CHECK(slices > 1000);
}

TEST_CASE("Slices of channels side by side are given the whole between them, no byte twice") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    ConvShape conv = random_conv(random);
    conv.groups = 1;
    const Operands operands(conv, GemmPass::wgrad, 16);
    const LoweredGemm gemm = lower_conv(conv, GemmPass::wgrad).front();
    const GemmFootprint footprint(operands.workload, operands.sharing, operands.work, gemm, {0});
    const Range k = random_range(random, gemm.shape.k);
    INFO("seed " << seed << ": " << text(conv));
    std::vector<Piece> pieces;
    for (std::int64_t m = 0; m < gemm.shape.m;) {
      const std::int64_t end = pick(random, m + 1, gemm.shape.m);
      for (const Piece& piece :
           footprint.streamed({0, 1, m, end, 0, gemm.shape.n, k.begin, k.end})) {
        pieces.push_back(piece);
      }
      m = end;
    }
    const Piece whole =
        footprint.streamed({0, 1, 0, gemm.shape.m, 0, gemm.shape.n, k.begin, k.end}).front();
    CHECK(pieces.front().begin == whole.begin);
    CHECK(pieces.back().end == whole.end);
    for (std::size_t i = 1; i < pieces.size(); ++i) CHECK(pieces[i].begin == pieces[i - 1].end);
  }
}

TEST_CASE("Blocks of whole pixel rows are given no image row before the first and after the last") {
  int pieces = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Random random(seed);
    ConvShape conv = random_conv(random);
    if (independent_groups(conv)) continue;  // they have no rows of pixels
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
      const GemmBlock streams{0, conv.groups, m.begin, m.end, 0, gemm.shape.n, 0, gemm.shape.k};
      const GemmBlock reduces{0, conv.groups, 0, gemm.shape.m, 0, gemm.shape.n, m.begin, m.end};
      const std::int64_t row_bits = (dgrad ? conv.q() * conv.k : conv.w * conv.c) * bits;
      const std::vector<Piece> given =
          pass == GemmPass::wgrad ? footprint.stationary(reduces) : footprint.streamed(streams);
      const Touched touched = pass == GemmPass::wgrad ? touched_stationary(gemm, reduces)
                                                      : touched_streamed(gemm, streams);
      const TensorId tensor = pass == GemmPass::wgrad ? 1 : 0;
      check_tight(
          given,
          bytes_of_elements(touched.elements, bits,
                            operands.workload.tensors[static_cast<std::size_t>(tensor)].bytes()),
          row_bits);
      pieces += static_cast<int>(given.size());
    }
  }
  CHECK(pieces > 2000);
}

TEST_CASE("Blocks write a result side by side, without gap or overlap") {
  const ConvShape conv{2, 3, 6, 5, 7, 3, 3, 1, 1};
  const LoweredGemm gemm = lower_conv(conv, GemmPass::forward).front();
  Operands operands(conv, GemmPass::forward, 16);
  const Bytes offset = 24;  // of a tensor that other GEMMs write too
  operands.workload.tensors[2].elements += offset / 2;
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
