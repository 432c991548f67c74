// The lowering of convolutions: the three passes against direct loops, and the order of k.
//
// Tensors hold 16-bit integers and all sums are taken modulo 2^16, which commutes with addition and
// multiplication, so gather, multiply and scatter must give the direct loop's result exactly.
#include "models/layers/conv_lowering.h"

#include <random>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260108;
using Tensor = std::vector<std::uint16_t>;

Tensor random_tensor(std::mt19937_64& random, std::int64_t count) {
  Tensor tensor(static_cast<std::size_t>(count));
  for (std::uint16_t& x : tensor) x = static_cast<std::uint16_t>(random());
  return tensor;
}

std::int64_t x_size(const ConvShape& conv) { return conv.n * conv.h * conv.w * conv.c; }
std::int64_t w_size(const ConvShape& conv) { return conv.k * conv.r * conv.s * conv.c; }
std::int64_t y_size(const ConvShape& conv) { return conv.n * conv.p() * conv.q() * conv.k; }

std::size_t x_index(const ConvShape& v, std::int64_t n, std::int64_t h, std::int64_t w,
                    std::int64_t c) {
  return static_cast<std::size_t>(((n * v.h + h) * v.w + w) * v.c + c);
}
std::size_t w_index(const ConvShape& v, std::int64_t k, std::int64_t r, std::int64_t s,
                    std::int64_t c) {
  return static_cast<std::size_t>(((k * v.r + r) * v.s + s) * v.c + c);
}
std::size_t y_index(const ConvShape& v, std::int64_t n, std::int64_t p, std::int64_t q,
                    std::int64_t k) {
  return static_cast<std::size_t>(((n * v.p() + p) * v.q() + q) * v.k + k);
}

/// Calls visit(x index, w index, y index) for every multiplication of the convolution.
template <typename Visit>
void for_each_product(const ConvShape& v, Visit visit) {
  for (std::int64_t n = 0; n < v.n; ++n)
    for (std::int64_t p = 0; p < v.p(); ++p)
      for (std::int64_t q = 0; q < v.q(); ++q)
        for (std::int64_t k = 0; k < v.k; ++k)
          for (std::int64_t r = 0; r < v.r; ++r)
            for (std::int64_t s = 0; s < v.s; ++s)
              for (std::int64_t c = 0; c < v.c; ++c) {
                const std::int64_t h = p * v.stride + r - v.padding;
                const std::int64_t w = q * v.stride + s - v.padding;
                if (h < 0 || h >= v.h || w < 0 || w >= v.w) continue;
                visit(x_index(v, n, h, w, c), w_index(v, k, r, s, c), y_index(v, n, p, q, k));
              }
}

Tensor matrix_product(const GemmShape& shape, const Tensor& a, const Tensor& b) {
  Tensor result(static_cast<std::size_t>(shape.m * shape.n));
  for (std::int64_t m = 0; m < shape.m; ++m) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
      std::uint32_t sum = 0;
      for (std::int64_t k = 0; k < shape.k; ++k) {
        sum += std::uint32_t{a[static_cast<std::size_t>(m * shape.k + k)]} *
               b[static_cast<std::size_t>(k * shape.n + n)];
      }
      result[static_cast<std::size_t>(m * shape.n + n)] = static_cast<std::uint16_t>(sum);
    }
  }
  return result;
}

/// Gathers with a guard behind the matrix, so that a write past its end is seen.
template <typename Gather>
Tensor gathered(std::int64_t size, Gather gather) {
  Tensor matrix(static_cast<std::size_t>(size) + 8, 0xABCD);
  gather(matrix.data());
  for (std::int64_t i = size; i < size + 8; ++i) {
    REQUIRE(matrix[static_cast<std::size_t>(i)] == 0xABCD);
  }
  matrix.resize(static_cast<std::size_t>(size));
  return matrix;
}

/// A whole pass through its GEMMs.
Tensor lowered_pass(const ConvShape& conv, GemmPass pass, const Tensor& streamed,
                    const Tensor& stationary, std::int64_t result_size) {
  Tensor result(static_cast<std::size_t>(result_size), 0);
  for (const LoweredGemm& gemm : lower_conv(conv, pass)) {
    const GemmShape& shape = gemm.shape;
    const Tensor a = gathered(shape.m * shape.k,
                              [&](std::uint16_t* to) { gather_a(gemm, streamed.data(), to); });
    const Tensor b = gathered(shape.k * shape.n,
                              [&](std::uint16_t* to) { gather_b(gemm, stationary.data(), to); });
    const Tensor c = matrix_product(shape, a, b);
    scatter_c(gemm, c.data(), result.data());
  }
  return result;
}

/// Shapes in which (h + 2*padding - r) is and is not a multiple of the stride, filters smaller and
/// larger than the stride, one-pixel images and rectangular filters.
std::vector<ConvShape> all_shapes() {
  std::vector<ConvShape> shapes;
  for (const std::int64_t stride : {1, 2, 3}) {
    for (const std::int64_t kernel : {1, 2, 3, 5}) {
      for (const std::int64_t padding : {0, 1, 2}) {
        for (const std::int64_t height : {1, 5, 8, 9}) {
          const ConvShape conv{2, 3, height, height + 1, 4, kernel, kernel, stride, padding};
          if (conv.h + 2 * padding >= kernel) shapes.push_back(conv);
        }
      }
    }
  }
  shapes.push_back({2, 3, 7, 6, 4, 3, 1, 2, 1});
  shapes.push_back({1, 2, 6, 9, 5, 1, 5, 3, 2});
  shapes.push_back({5, 17, 1, 1, 10, 1, 1, 1, 0});  // a linear layer
  shapes.push_back({3, 40, 5, 4, 70, 3, 3, 1, 1});  // more than one block of the transposes
  shapes.push_back({1, 1, 3, 3, 1, 1, 1, 5, 0});    // a stride larger than the image
  return shapes;
}

std::string describe(const ConvShape& v) {
  return "c=" + std::to_string(v.c) + " h=" + std::to_string(v.h) + " w=" + std::to_string(v.w) +
         " k=" + std::to_string(v.k) + " r=" + std::to_string(v.r) + " s=" + std::to_string(v.s) +
         " stride=" + std::to_string(v.stride) + " padding=" + std::to_string(v.padding);
}

TEST_CASE("Forward, dgrad and wgrad through their GEMMs equal direct convolution loops") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const ConvShape& conv : all_shapes()) {
    INFO(describe(conv));
    const Tensor x = random_tensor(random, x_size(conv));
    const Tensor w = random_tensor(random, w_size(conv));
    const Tensor dy = random_tensor(random, y_size(conv));
    Tensor y(dy.size(), 0);
    Tensor dx(x.size(), 0);
    Tensor dw(w.size(), 0);
    for_each_product(conv, [&](std::size_t xi, std::size_t wi, std::size_t yi) {
      y[yi] = static_cast<std::uint16_t>(y[yi] + std::uint32_t{x[xi]} * w[wi]);
      dx[xi] = static_cast<std::uint16_t>(dx[xi] + std::uint32_t{dy[yi]} * w[wi]);
      dw[wi] = static_cast<std::uint16_t>(dw[wi] + std::uint32_t{dy[yi]} * x[xi]);
    });
    REQUIRE(lowered_pass(conv, GemmPass::forward, x, w, y_size(conv)) == y);
    REQUIRE(lowered_pass(conv, GemmPass::dgrad, dy, w, x_size(conv)) == dx);
    REQUIRE(lowered_pass(conv, GemmPass::wgrad, dy, x, w_size(conv)) == dw);
  }
}

/// A tensor whose elements are their own index plus one, so that a gathered value names its source
/// and 0 is padding.
Tensor index_tensor(std::int64_t size) {
  REQUIRE(size < 0xFFFF);
  Tensor tensor(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<std::uint16_t>(i + 1);
  return tensor;
}

std::uint16_t element(bool inside, std::size_t index) {
  return static_cast<std::uint16_t>(inside ? index + 1 : 0);
}

TEST_CASE("Forward walks k over filter row, filter column, input channel") {
  for (const ConvShape& v : all_shapes()) {
    INFO(describe(v));
    const auto gemms = lower_conv(v, GemmPass::forward);
    REQUIRE(gemms.size() == 1);
    const GemmShape& shape = gemms[0].shape;
    REQUIRE(shape.macs() == v.macs());
    Tensor a(static_cast<std::size_t>(shape.m * shape.k));
    Tensor b(static_cast<std::size_t>(shape.k * shape.n));
    gather_a(gemms[0], index_tensor(x_size(v)).data(), a.data());
    gather_b(gemms[0], index_tensor(w_size(v)).data(), b.data());
    std::size_t at = 0;
    for (std::int64_t n = 0; n < v.n; ++n)
      for (std::int64_t p = 0; p < v.p(); ++p)
        for (std::int64_t q = 0; q < v.q(); ++q)
          for (std::int64_t r = 0; r < v.r; ++r)
            for (std::int64_t s = 0; s < v.s; ++s)
              for (std::int64_t c = 0; c < v.c; ++c) {
                const std::int64_t h = p * v.stride + r - v.padding;
                const std::int64_t w = q * v.stride + s - v.padding;
                const bool inside = h >= 0 && h < v.h && w >= 0 && w < v.w;
                REQUIRE(a[at++] == element(inside, x_index(v, n, h, w, c)));
              }
    at = 0;
    for (std::int64_t r = 0; r < v.r; ++r)
      for (std::int64_t s = 0; s < v.s; ++s)
        for (std::int64_t c = 0; c < v.c; ++c)
          for (std::int64_t k = 0; k < v.k; ++k) {
            REQUIRE(b[at++] == element(true, w_index(v, k, r, s, c)));
          }
  }
}

TEST_CASE("Wgrad walks k over image, output row, output column") {
  for (const ConvShape& v : all_shapes()) {
    INFO(describe(v));
    const auto gemms = lower_conv(v, GemmPass::wgrad);
    REQUIRE(gemms.size() == 1);
    const GemmShape& shape = gemms[0].shape;
    REQUIRE(shape.macs() == v.macs());
    Tensor a(static_cast<std::size_t>(shape.m * shape.k));
    Tensor b(static_cast<std::size_t>(shape.k * shape.n));
    gather_a(gemms[0], index_tensor(y_size(v)).data(), a.data());
    gather_b(gemms[0], index_tensor(x_size(v)).data(), b.data());
    std::size_t at = 0;
    for (std::int64_t k = 0; k < v.k; ++k)
      for (std::int64_t n = 0; n < v.n; ++n)
        for (std::int64_t p = 0; p < v.p(); ++p)
          for (std::int64_t q = 0; q < v.q(); ++q) {
            REQUIRE(a[at++] == element(true, y_index(v, n, p, q, k)));
          }
    at = 0;
    for (std::int64_t n = 0; n < v.n; ++n)
      for (std::int64_t p = 0; p < v.p(); ++p)
        for (std::int64_t q = 0; q < v.q(); ++q)
          for (std::int64_t r = 0; r < v.r; ++r)
            for (std::int64_t s = 0; s < v.s; ++s)
              for (std::int64_t c = 0; c < v.c; ++c) {
                const std::int64_t h = p * v.stride + r - v.padding;
                const std::int64_t w = q * v.stride + s - v.padding;
                const bool inside = h >= 0 && h < v.h && w >= 0 && w < v.w;
                REQUIRE(b[at++] == element(inside, x_index(v, n, h, w, c)));
              }
  }
}

/// The taps of an axis that meet a phase, in increasing order, by the definition.
std::vector<std::int64_t> taps_of_phase(std::int64_t filter, std::int64_t stride,
                                        std::int64_t padding, std::int64_t phase) {
  std::vector<std::int64_t> taps;
  for (std::int64_t tap = 0; tap < filter; ++tap) {
    if ((phase + padding - tap) % stride == 0) taps.push_back(tap);
  }
  return taps;
}

TEST_CASE("Dgrad walks k over the phase's filter rows, columns, then output channel") {
  for (const ConvShape& v : all_shapes()) {
    INFO(describe(v));
    std::vector<LoweredGemm> gemms = lower_conv(v, GemmPass::dgrad);
    std::size_t next = 0;
    const Tensor dy = index_tensor(y_size(v));
    const Tensor weights = index_tensor(w_size(v));
    for (std::int64_t phase_h = 0; phase_h < v.stride; ++phase_h)
      for (std::int64_t phase_w = 0; phase_w < v.stride; ++phase_w) {
        const auto rows = taps_of_phase(v.r, v.stride, v.padding, phase_h);
        const auto columns = taps_of_phase(v.s, v.stride, v.padding, phase_w);
        if (rows.empty() || columns.empty() || phase_h >= v.h || phase_w >= v.w) continue;
        REQUIRE(next < gemms.size());
        const LoweredGemm& gemm = gemms[next++];
        REQUIRE(gemm.phase_h == phase_h);
        REQUIRE(gemm.phase_w == phase_w);
        Tensor a;
        for (std::int64_t n = 0; n < v.n; ++n)
          for (std::int64_t h = phase_h; h < v.h; h += v.stride)
            for (std::int64_t w = phase_w; w < v.w; w += v.stride)
              for (const std::int64_t r : rows)
                for (const std::int64_t s : columns)
                  for (std::int64_t k = 0; k < v.k; ++k) {
                    const std::int64_t p = (h + v.padding - r) / v.stride;
                    const std::int64_t q = (w + v.padding - s) / v.stride;
                    const bool inside = p >= 0 && p < v.p() && q >= 0 && q < v.q();
                    a.push_back(element(inside, y_index(v, n, p, q, k)));
                  }
        Tensor b;
        for (const std::int64_t r : rows)
          for (const std::int64_t s : columns)
            for (std::int64_t k = 0; k < v.k; ++k)
              for (std::int64_t c = 0; c < v.c; ++c) {
                b.push_back(element(true, w_index(v, k, r, s, c)));
              }
        const GemmShape& shape = gemm.shape;
        REQUIRE(shape.n == v.c);
        REQUIRE(static_cast<std::size_t>(shape.m * shape.k) == a.size());
        REQUIRE(static_cast<std::size_t>(shape.k * shape.n) == b.size());
        REQUIRE(gathered(shape.m * shape.k,
                         [&](std::uint16_t* to) { gather_a(gemm, dy.data(), to); }) == a);
        REQUIRE(gathered(shape.k * shape.n,
                         [&](std::uint16_t* to) { gather_b(gemm, weights.data(), to); }) == b);
      }
    REQUIRE(next == gemms.size());
  }
}

TEST_CASE("4-bit codes are gathered and scattered like 16-bit ones") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const ConvShape conv{2, 5, 7, 6, 3, 3, 3, 2, 1};
  for (const GemmPass pass : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
    for (const LoweredGemm& gemm : lower_conv(conv, pass)) {
      const Tensor source = random_tensor(random, 2000);
      const std::vector<std::uint8_t> bytes(source.begin(), source.end());
      const auto check = [&](std::int64_t size, auto gather) {
        Tensor wide(static_cast<std::size_t>(size));
        std::vector<std::uint8_t> narrow(wide.size());
        gather(source.data(), wide.data());
        gather(bytes.data(), narrow.data());
        REQUIRE(std::vector<std::uint8_t>(wide.begin(), wide.end()) == narrow);
      };
      check(gemm.shape.m * gemm.shape.k, [&](auto* from, auto* to) { gather_a(gemm, from, to); });
      check(gemm.shape.k * gemm.shape.n, [&](auto* from, auto* to) { gather_b(gemm, from, to); });
      check(2000, [&](auto* from, auto* to) { scatter_c(gemm, from, to); });
    }
  }
}

TEST_CASE("Convolutions that cannot be are refused") {
  const ConvShape good{1, 1, 3, 3, 1, 3, 3, 1, 0};
  CHECK_NOTHROW(lower_conv(good, GemmPass::forward));
  const auto refused = [](ConvShape conv) {
    CHECK_THROWS_AS(lower_conv(conv, GemmPass::forward), std::invalid_argument);
    CHECK_THROWS_AS(lower_conv(conv, GemmPass::dgrad), std::invalid_argument);
  };
  for (std::int64_t ConvShape::*member :
       {&ConvShape::n, &ConvShape::c, &ConvShape::h, &ConvShape::w, &ConvShape::k, &ConvShape::r,
        &ConvShape::s, &ConvShape::stride}) {
    ConvShape bad = good;
    bad.*member = 0;
    refused(bad);
  }
  ConvShape bad = good;
  bad.padding = -1;
  refused(bad);
  bad = good;
  bad.r = 4;  // larger than the image
  refused(bad);
}

}  // namespace
}  // namespace nibble::testing
