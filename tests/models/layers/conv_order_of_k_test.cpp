// The order of k in each pass, NUMERICS section 2: every gathered element names the tensor element
// it came from, and the loops here are the specification's.
#include <vector>

#include <catch2/catch.hpp>

#include "models/layers/conv_lowering.h"
#include "tests/models/layers/conv_tensors.h"

namespace nibble::testing {
namespace {

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

}  // namespace
}  // namespace nibble::testing
