// What the tests of the lowering share: tensors of 16-bit integers, the index of an element in each
// layout, a gather with a guard behind it, and the shapes every test runs over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/layers/conv_lowering.h"

namespace nibble::testing {

using Tensor = std::vector<std::uint16_t>;

inline std::int64_t x_size(const ConvShape& conv) { return conv.n * conv.h * conv.w * conv.c; }
inline std::int64_t w_size(const ConvShape& conv) {
  return conv.k * conv.r * conv.s * (conv.c / conv.groups);
}
inline std::int64_t y_size(const ConvShape& conv) { return conv.n * conv.p() * conv.q() * conv.k; }

inline std::size_t x_index(const ConvShape& v, std::int64_t n, std::int64_t h, std::int64_t w,
                           std::int64_t c) {
  return static_cast<std::size_t>(((n * v.h + h) * v.w + w) * v.c + c);
}
inline std::size_t w_index(const ConvShape& v, std::int64_t k, std::int64_t r, std::int64_t s,
                           std::int64_t c) {
  return static_cast<std::size_t>(((k * v.r + r) * v.s + s) * (v.c / v.groups) + c);
}
inline std::size_t y_index(const ConvShape& v, std::int64_t n, std::int64_t p, std::int64_t q,
                           std::int64_t k) {
  return static_cast<std::size_t>(((n * v.p() + p) * v.q() + q) * v.k + k);
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

/// Shapes in which (h + 2*padding - r) is and is not a multiple of the stride, filters smaller and
/// larger than the stride, one-pixel images and rectangular filters.
inline std::vector<ConvShape> all_shapes() {
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

/// Groups of one and of several channels, as many filters a group and more, strides 1 to 3, and a
/// product of two activations in heads: one pixel.
inline std::vector<ConvShape> grouped_shapes() {
  std::vector<ConvShape> shapes;
  for (const std::int64_t stride : {1, 2, 3}) {
    for (const std::int64_t kernel : {1, 3}) {
      shapes.push_back({2, 6, 7, 8, 6, kernel, kernel, stride, kernel / 2, 6});  // depthwise
      shapes.push_back({2, 3, 5, 4, 6, kernel, kernel, stride, 1, 3});  // two filters a channel
      shapes.push_back({1, 8, 9, 6, 12, kernel, kernel, stride, 0, 4});
      shapes.push_back({3, 4, 6, 5, 2, kernel, kernel, stride, kernel / 2, 2});
    }
  }
  shapes.push_back({5, 12, 1, 1, 21, 1, 1, 1, 0, 3});
  shapes.push_back({2, 70, 4, 4, 70, 5, 3, 2, 2, 35});
  return shapes;
}

inline std::string describe(const ConvShape& v) {
  return "c=" + std::to_string(v.c) + " h=" + std::to_string(v.h) + " w=" + std::to_string(v.w) +
         " k=" + std::to_string(v.k) + " r=" + std::to_string(v.r) + " s=" + std::to_string(v.s) +
         " stride=" + std::to_string(v.stride) + " padding=" + std::to_string(v.padding) +
         " groups=" + std::to_string(v.groups);
}

}  // namespace nibble::testing
