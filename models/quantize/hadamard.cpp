// The transform as four rounds of butterflies, at distances 1, 2, 4, 8 of k, then the factor 1/4.
#include "models/quantize/hadamard.h"

#include <algorithm>
#include <array>

#include "models/formats/vector_clones.h"

namespace nibble {

namespace {

using Signs = std::array<float, kHadamardSize>;

Signs signs_of(const RandomStream& stream) {
  Signs signs{};
  for (std::size_t i = 0; i < signs.size(); ++i) {
    signs[i] = (random_word(stream, i) >> 31) != 0 ? -1.0F : 1.0F;
  }
  return signs;
}

/// From one array into another, so that it becomes a permutation and an addition of vectors.
template <int kDistance>
inline void butterflies(const float* x, float* y) {
  for (int i = 0; i < kHadamardSize; ++i) {
    const float other = x[i ^ kDistance];
    y[i] = (i & kDistance) != 0 ? other - x[i] : x[i] + other;
  }
}

/// `count` consecutive numbers, a multiple of 16.
NIBBLE_VECTOR_CLONES
void transform_row(float* row, std::int64_t count, const Signs& signs) {
  for (std::int64_t k = 0; k < count; k += kHadamardSize) {
    float a[kHadamardSize];
    float b[kHadamardSize];
    for (int i = 0; i < kHadamardSize; ++i) a[i] = row[k + i] * signs[static_cast<std::size_t>(i)];
    butterflies<1>(a, b);
    butterflies<2>(b, a);
    butterflies<4>(a, b);
    butterflies<8>(b, a);
    for (int i = 0; i < kHadamardSize; ++i) row[k + i] = a[i] * 0.25F;
  }
}

NIBBLE_VECTOR_CLONES
void butterfly_rows(float* __restrict upper, float* __restrict lower, std::int64_t columns) {
  for (std::int64_t i = 0; i < columns; ++i) {
    const float sum = upper[i] + lower[i];
    lower[i] = upper[i] - lower[i];
    upper[i] = sum;
  }
}

NIBBLE_VECTOR_CLONES
void scale_row(float* row, std::int64_t columns, float factor) {
  for (std::int64_t i = 0; i < columns; ++i) row[i] *= factor;
}

/// Sixteen rows of `columns` numbers, element k of each transform in row k. Signs and 1/4 are
/// exact, but for subnormals, which no fp16 number comes near: they may be one product.
void transform_rows(float* rows, std::int64_t columns, const Signs& signs) {
  for (int i = 0; i < kHadamardSize; ++i) {
    scale_row(rows + i * columns, columns, signs[static_cast<std::size_t>(i)] * 0.25F);
  }
  for (int distance = 1; distance < kHadamardSize; distance *= 2) {
    for (int i = 0; i < kHadamardSize; ++i) {
      if ((i & distance) != 0) continue;
      butterfly_rows(rows + i * columns, rows + (i + distance) * columns, columns);
    }
  }
}

}  // namespace

void hadamard_transform(BlockAxis axis, std::int64_t rows, std::int64_t columns, const Fp16Code* x,
                        const RandomStream& signs, std::vector<float>& result) {
  const Signs sign_of = signs_of(signs);
  if (axis == BlockAxis::k_first) {
    const std::int64_t padded = hadamard_padded(rows);
    result.resize(static_cast<std::size_t>(padded * columns));
    fp16_to_floats(x, static_cast<std::size_t>(rows * columns), result.data());
    std::fill(result.begin() + rows * columns, result.end(), 0.0F);
    for (std::int64_t row = 0; row < padded; row += kHadamardSize) {
      transform_rows(result.data() + row * columns, columns, sign_of);
    }
    return;
  }
  const std::int64_t padded = hadamard_padded(columns);
  result.resize(static_cast<std::size_t>(rows * padded));
  for (std::int64_t row = 0; row < rows; ++row) {
    float* const out = result.data() + row * padded;
    fp16_to_floats(x + row * columns, static_cast<std::size_t>(columns), out);
    std::fill(out + columns, out + padded, 0.0F);
    transform_row(out, padded, sign_of);
  }
}

}  // namespace nibble
