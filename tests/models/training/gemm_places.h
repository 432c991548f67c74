// Which element of which tensor the GEMMs of a convolution multiply: NUMERICS section 2 read aloud,
// for tests that hold the lowering of models/layers to it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/layers/run_pass.h"

namespace nibble::test {

/// A GEMM's A [M,K], B [K,N] and C [M,N] as places in the tensors x [N,H,W,C], w [K,R,S,C/groups]
/// and y [N,P,Q,K]; -1 is a zero.
struct GemmPlaces {
  GemmShape shape;
  std::vector<std::int64_t> a, b, c;
};

using Triple = std::array<std::int64_t, 3>;

/// All triples below these sizes, the last number fastest.
inline std::vector<Triple> triples(std::int64_t x, std::int64_t y, std::int64_t z) {
  std::vector<Triple> all;
  for (std::int64_t i = 0; i < x; ++i) {
    for (std::int64_t j = 0; j < y; ++j) {
      for (std::int64_t k = 0; k < z; ++k) all.push_back({i, j, k});
    }
  }
  return all;
}

/// Of one group; dgrad of one output phase, the pixels whose row and column leave these remainders.
class PassPlaces {
 public:
  PassPlaces(const ConvShape& shape, GemmPass pass, std::int64_t group, std::int64_t phase_h = 0,
             std::int64_t phase_w = 0)
      : s_(shape), group_(group) {
    const std::int64_t p = s_.p(), q = s_.q();
    switch (pass) {
      case GemmPass::forward:
        fill(
            triples(s_.n, p, q), triples(s_.r, s_.s, in()), triples(1, 1, out()),
            [&](const Triple& m, const Triple& k) { return x_under(m, k); },
            [&](const Triple& k, const Triple& n) { return w(n[2], k[0], k[1], k[2]); },
            [&](const Triple& m, const Triple& n) { return y(m[0], m[1], m[2], n[2]); });
        return;
      case GemmPass::dgrad:
        fill(
            pixels(phase_h, phase_w), taps(phase_h, phase_w), triples(1, 1, in()),
            [&](const Triple& m, const Triple& k) {
              return y(m[0], (m[1] + s_.padding - k[0]) / s_.stride,
                       (m[2] + s_.padding - k[1]) / s_.stride, k[2]);
            },
            [&](const Triple& k, const Triple& n) { return w(k[2], k[0], k[1], n[2]); },
            [&](const Triple& m, const Triple& n) { return x(m[0], m[1], m[2], n[2]); });
        return;
      case GemmPass::wgrad:
        fill(
            triples(1, 1, out()), triples(s_.n, p, q), triples(s_.r, s_.s, in()),
            [&](const Triple& m, const Triple& k) { return y(k[0], k[1], k[2], m[2]); },
            [&](const Triple& k, const Triple& n) { return x_under(k, n); },
            [&](const Triple& m, const Triple& n) { return w(m[2], n[0], n[1], n[2]); });
    }
  }
  [[nodiscard]] GemmPlaces take() { return std::move(places_); }

 private:
  [[nodiscard]] std::int64_t in() const { return s_.c / s_.groups; }
  [[nodiscard]] std::int64_t out() const { return s_.k / s_.groups; }
  [[nodiscard]] std::int64_t x(std::int64_t n, std::int64_t h, std::int64_t w,
                               std::int64_t c) const {
    if (h < 0 || h >= s_.h || w < 0 || w >= s_.w) return -1;
    return ((n * s_.h + h) * s_.w + w) * s_.c + group_ * in() + c;
  }
  [[nodiscard]] std::int64_t y(std::int64_t n, std::int64_t p, std::int64_t q,
                               std::int64_t k) const {
    if (p < 0 || p >= s_.p() || q < 0 || q >= s_.q()) return -1;
    return ((n * s_.p() + p) * s_.q() + q) * s_.k + group_ * out() + k;
  }
  [[nodiscard]] std::int64_t w(std::int64_t k, std::int64_t r, std::int64_t s,
                               std::int64_t c) const {
    return (((group_ * out() + k) * s_.r + r) * s_.s + s) * in() + c;
  }
  /// The input that an output pixel (n, p, q) meets under a tap (r, s, c).
  [[nodiscard]] std::int64_t x_under(const Triple& pixel, const Triple& tap) const {
    return x(pixel[0], pixel[1] * s_.stride - s_.padding + tap[0],
             pixel[2] * s_.stride - s_.padding + tap[1], tap[2]);
  }
  [[nodiscard]] std::vector<Triple> pixels(std::int64_t phase_h, std::int64_t phase_w) const {
    std::vector<Triple> all;
    for (const Triple& pixel : triples(s_.n, s_.h, s_.w)) {
      if (pixel[1] % s_.stride == phase_h && pixel[2] % s_.stride == phase_w) all.push_back(pixel);
    }
    return all;
  }
  /// The taps that meet such pixels.
  [[nodiscard]] std::vector<Triple> taps(std::int64_t phase_h, std::int64_t phase_w) const {
    std::vector<Triple> all;
    for (const Triple& tap : triples(s_.r, s_.s, out())) {
      const bool meets = (phase_h + s_.padding - tap[0]) % s_.stride == 0 &&
                         (phase_w + s_.padding - tap[1]) % s_.stride == 0;
      if (meets) all.push_back(tap);
    }
    return all;
  }

  template <typename PlaceA, typename PlaceB, typename PlaceC>
  void fill(const std::vector<Triple>& rows, const std::vector<Triple>& ks,
            const std::vector<Triple>& columns, PlaceA a, PlaceB b, PlaceC c) {
    places_.shape = {static_cast<std::int64_t>(rows.size()),
                     static_cast<std::int64_t>(columns.size()),
                     static_cast<std::int64_t>(ks.size())};
    for (const Triple& m : rows) {
      for (const Triple& k : ks) places_.a.push_back(a(m, k));
      for (const Triple& n : columns) places_.c.push_back(c(m, n));
    }
    for (const Triple& k : ks) {
      for (const Triple& n : columns) places_.b.push_back(b(k, n));
    }
  }

  ConvShape s_;
  std::int64_t group_;
  GemmPlaces places_;
};

/// All GEMMs of a pass: output phases slowest, then groups. A phase that no tap meets has none.
inline std::vector<GemmPlaces> places_of(const ConvShape& shape, GemmPass pass) {
  const std::int64_t phases = pass == GemmPass::dgrad ? shape.stride : 1;
  std::vector<GemmPlaces> all;
  for (const Triple& at : triples(phases, phases, shape.groups)) {
    GemmPlaces places = PassPlaces(shape, pass, at[2], at[0], at[1]).take();
    if (!places.a.empty()) all.push_back(std::move(places));
  }
  return all;
}

}  // namespace nibble::test
