// The lowering of convolutions: the three passes against direct loops.
//
// Tensors hold 16-bit integers and all sums are taken modulo 2^16, which commutes with addition and
// multiplication, so gather, multiply and scatter must give the direct loop's result exactly.
#include "models/layers/conv_lowering.h"

#include <random>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/models/layers/conv_tensors.h"

namespace nibble::testing {
namespace {

constexpr std::uint64_t kSeed = 20260108;

Tensor random_tensor(std::mt19937_64& random, std::int64_t count) {
  Tensor tensor(static_cast<std::size_t>(count));
  for (std::uint16_t& x : tensor) x = static_cast<std::uint16_t>(random());
  return tensor;
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
              for (std::int64_t c = 0; c < v.c / v.groups; ++c) {
                const std::int64_t h = p * v.stride + r - v.padding;
                const std::int64_t w = q * v.stride + s - v.padding;
                if (h < 0 || h >= v.h || w < 0 || w >= v.w) continue;
                const std::int64_t first_channel = k / (v.k / v.groups) * (v.c / v.groups);
                visit(x_index(v, n, h, w, first_channel + c), w_index(v, k, r, s, c),
                      y_index(v, n, p, q, k));
              }
}

/// C [groups,M,N] of A [groups,M,K] and B [groups,K,N].
Tensor matrix_products(const GemmShape& shape, std::int64_t groups, const Tensor& a,
                       const Tensor& b) {
  Tensor result(static_cast<std::size_t>(groups * shape.m * shape.n));
  for (std::int64_t g = 0; g < groups; ++g) {
    for (std::int64_t m = 0; m < shape.m; ++m) {
      for (std::int64_t n = 0; n < shape.n; ++n) {
        std::uint32_t sum = 0;
        for (std::int64_t k = 0; k < shape.k; ++k) {
          sum += std::uint32_t{a[static_cast<std::size_t>((g * shape.m + m) * shape.k + k)]} *
                 b[static_cast<std::size_t>((g * shape.k + k) * shape.n + n)];
        }
        result[static_cast<std::size_t>((g * shape.m + m) * shape.n + n)] =
            static_cast<std::uint16_t>(sum);
      }
    }
  }
  return result;
}

/// A whole pass through its GEMMs.
Tensor lowered_pass(const ConvShape& conv, GemmPass pass, const Tensor& streamed,
                    const Tensor& stationary, std::int64_t result_size) {
  Tensor result(static_cast<std::size_t>(result_size), 0);
  for (const LoweredGemm& gemm : lower_conv(conv, pass)) {
    const GemmShape& shape = gemm.shape;
    const Tensor a = gathered(conv.groups * shape.m * shape.k,
                              [&](std::uint16_t* to) { gather_a(gemm, streamed.data(), to); });
    const Tensor b = gathered(conv.groups * shape.k * shape.n,
                              [&](std::uint16_t* to) { gather_b(gemm, stationary.data(), to); });
    const Tensor c = matrix_products(shape, conv.groups, a, b);
    if (result_is_c(gemm)) REQUIRE(c.size() == result.size());
    scatter_c(gemm, c.data(), result.data());
    if (result_is_c(gemm)) REQUIRE(c == result);
  }
  return result;
}

TEST_CASE("Forward, dgrad and wgrad through their GEMMs equal direct convolution loops") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  std::vector<ConvShape> shapes = all_shapes();
  for (const ConvShape& conv : grouped_shapes()) shapes.push_back(conv);
  for (const ConvShape& conv : shapes) {
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

TEST_CASE("4-bit codes are gathered and scattered like 16-bit ones") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const ConvShape whole{2, 5, 7, 6, 3, 3, 3, 2, 1}, grouped{2, 6, 7, 6, 3, 3, 3, 2, 1, 3};
  for (const GemmPass pass : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
    std::vector<LoweredGemm> gemms = lower_conv(whole, pass);
    for (const LoweredGemm& gemm : lower_conv(grouped, pass)) gemms.push_back(gemm);
    for (const LoweredGemm& gemm : gemms) {
      const std::int64_t groups = gemm.conv.groups;
      const Tensor source = random_tensor(random, 2000);
      const std::vector<std::uint8_t> bytes(source.begin(), source.end());
      const auto check = [&](std::int64_t size, auto gather) {
        Tensor wide(static_cast<std::size_t>(size));
        std::vector<std::uint8_t> narrow(wide.size());
        gather(source.data(), wide.data());
        gather(bytes.data(), narrow.data());
        REQUIRE(std::vector<std::uint8_t>(wide.begin(), wide.end()) == narrow);
      };
      check(groups * gemm.shape.m * gemm.shape.k,
            [&](auto* from, auto* to) { gather_a(gemm, from, to); });
      check(groups * gemm.shape.k * gemm.shape.n,
            [&](auto* from, auto* to) { gather_b(gemm, from, to); });
      check(2000, [&](auto* from, auto* to) { scatter_c(gemm, from, to); });
    }
  }
}

/// The channels [first, first + count) of a tensor whose fastest dimension has `all`.
Tensor channels_of(const Tensor& tensor, std::int64_t all, std::int64_t first, std::int64_t count) {
  Tensor part;
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    const std::int64_t channel = static_cast<std::int64_t>(i) % all;
    if (channel >= first && channel < first + count) part.push_back(tensor[i]);
  }
  return part;
}

TEST_CASE("Each group's operands are those of the convolution of its channels alone") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const ConvShape& conv : grouped_shapes()) {
    INFO(describe(conv));
    const Tensor x = random_tensor(random, x_size(conv));
    const Tensor w = random_tensor(random, w_size(conv));
    const Tensor dy = random_tensor(random, y_size(conv));
    ConvShape alone = conv;
    alone.c /= conv.groups;
    alone.k /= conv.groups;
    alone.groups = 1;
    for (const GemmPass pass : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
      const std::vector<LoweredGemm> gemms = lower_conv(conv, pass);
      const std::vector<LoweredGemm> alone_gemms = lower_conv(alone, pass);
      REQUIRE(gemms.size() == alone_gemms.size());
      for (std::size_t i = 0; i < gemms.size(); ++i) {
        const GemmShape& shape = gemms[i].shape;
        CHECK(shape.macs() == alone_gemms[i].shape.macs());
        CHECK(gemms[i].macs() == conv.groups * shape.macs());
        const auto stack = [&](std::int64_t size, auto gather) {
          return gathered(conv.groups * size, [&](std::uint16_t* to) {
            gather(gemms[i], pass == GemmPass::forward ? x : dy, pass == GemmPass::wgrad ? x : w,
                   to);
          });
        };
        const auto a_of = [](const LoweredGemm& gemm, const Tensor& streamed, const Tensor&,
                             std::uint16_t* to) { gather_a(gemm, streamed.data(), to); };
        const auto b_of = [](const LoweredGemm& gemm, const Tensor&, const Tensor& stationary,
                             std::uint16_t* to) { gather_b(gemm, stationary.data(), to); };
        Tensor a, b;  // the groups' own, one behind the other
        for (std::int64_t g = 0; g < conv.groups; ++g) {
          const Tensor gx = channels_of(x, conv.c, g * alone.c, alone.c);
          const Tensor gdy = channels_of(dy, conv.k, g * alone.k, alone.k);
          const std::int64_t filters = w_size(alone);
          const Tensor gw(w.begin() + g * filters, w.begin() + (g + 1) * filters);
          const auto append = [&](Tensor& to, std::int64_t size, auto gather) {
            Tensor part(static_cast<std::size_t>(size));
            gather(alone_gemms[i], pass == GemmPass::forward ? gx : gdy,
                   pass == GemmPass::wgrad ? gx : gw, part.data());
            to.insert(to.end(), part.begin(), part.end());
          };
          append(a, shape.m * shape.k, a_of);
          append(b, shape.k * shape.n, b_of);
        }
        REQUIRE(stack(shape.m * shape.k, a_of) == a);
        REQUIRE(stack(shape.k * shape.n, b_of) == b);
      }
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
  for (const ConvShape& groups :
       {ConvShape{1, 4, 3, 3, 6, 3, 3, 1, 0, 4}, ConvShape{1, 4, 3, 3, 6, 3, 3, 1, 0, 3},
        ConvShape{1, 4, 3, 3, 6, 3, 3, 1, 0, 0}}) {
    refused(groups);
  }
}

}  // namespace
}  // namespace nibble::testing
