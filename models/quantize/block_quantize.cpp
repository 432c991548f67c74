// A band is what shares block scales: one row if k runs along it, otherwise block_len rows. Each
// band becomes binary32, gives its scales, and is rounded row by row.
#include "models/quantize/block_quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "models/formats/vector_clones.h"
#include "models/quantize/gradient_rounding.h"

namespace nibble {

namespace {

constexpr std::int32_t kInfinityBits = 0x7F800000;

inline std::int32_t magnitude_bits(float x) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits & 0x7FFFFFFF;
}

inline float float_of(std::int32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline NibbleCode with_sign(std::int32_t level, float x) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return static_cast<NibbleCode>(level == 0 ? 0 : level | ((bits >> 28) & 8));
}

/// A tie goes to the even code, so every other threshold belongs to the level above it.
inline NibbleCode nearest_even_code(float x) {
  const float magnitude = std::fabs(x);
  std::int32_t level = magnitude > 0.25F ? 1 : 0;
  level += magnitude >= 0.75F ? 1 : 0;
  level += magnitude > 1.25F ? 1 : 0;
  level += magnitude >= 1.75F ? 1 : 0;
  level += magnitude > 2.5F ? 1 : 0;
  level += magnitude >= 3.5F ? 1 : 0;
  level += magnitude > 5.0F ? 1 : 0;
  return with_sign(level, x);
}

void to_floats(const Fp16Code* x, std::int64_t count, float* values) {
  fp16_to_floats(x, static_cast<std::size_t>(count), values);
}
void to_floats(const float* x, std::int64_t count, float* values) {
  std::copy(x, x + count, values);
}

/// The largest finite magnitude, as bits.
NIBBLE_VECTOR_CLONES
std::int32_t largest_finite(const float* x, std::int64_t count) {
  std::int32_t largest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t bits = magnitude_bits(x[i]);
    largest = std::max(largest, bits < kInfinityBits ? bits : 0);
  }
  return largest;
}

/// Blocks along a row: the largest magnitude bits of each.
NIBBLE_VECTOR_CLONES
void largest_along_row(const float* x, std::int64_t count, int block_len, std::int32_t* largest) {
  constexpr int kStep = 16;  // every block_len is a multiple
  for (std::int64_t begin = 0; begin < count; begin += block_len) {
    const std::int64_t end = std::min(begin + block_len, count);
    std::int32_t block = 0;
    std::int64_t i = begin;
    for (; i + kStep <= end; i += kStep) {
      for (int j = 0; j < kStep; ++j) block = std::max(block, magnitude_bits(x[i + j]));
    }
    for (; i < end; ++i) block = std::max(block, magnitude_bits(x[i]));
    *largest++ = block;
  }
}

/// Blocks across rows: the largest magnitude bits so far of each column.
NIBBLE_VECTOR_CLONES
void raise_largest(const float* __restrict x, std::int64_t columns,
                   std::int32_t* __restrict largest) {
  for (std::int64_t i = 0; i < columns; ++i) {
    largest[i] = std::max(largest[i], magnitude_bits(x[i]));
  }
}

/// floor(log2(largest)) - 2, limited to e8m0's range. The factor is the scale's exact reciprocal.
NIBBLE_VECTOR_CLONES
void e8m0_scales(const std::int32_t* __restrict largest, std::int64_t count,
                 std::uint8_t* __restrict codes, float* __restrict factors) {
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int32_t exponent = std::max((largest[i] >> 23) - kE2m1LargestExponent, 0);
    const bool finite = largest[i] < kInfinityBits;
    codes[i] = static_cast<std::uint8_t>(finite ? exponent : kE8m0Nan);
    factors[i] = float_of(finite ? (254 - exponent) * (1 << 23) : 0);
  }
}

NIBBLE_VECTOR_CLONES
void e4m3_scales(const std::int32_t* __restrict largest, std::int64_t count, float tensor_factor,
                 std::uint8_t* __restrict codes, float* __restrict factors) {
  for (std::int64_t i = 0; i < count; ++i) {
    const bool finite = largest[i] < kInfinityBits;
    const std::uint8_t code = e4m3_from_float(float_of(largest[i]) / kE2m1Largest * tensor_factor);
    codes[i] = finite ? code : kE4m3Nan;
    // A quotient that is not used may be infinite.
    factors[i] = finite && code != 0 ? tensor_factor / e4m3_value(code) : 0.0F;
  }
}

NIBBLE_VECTOR_CLONES
void round_nearest(const float* __restrict x, const float* __restrict factors, std::int64_t count,
                   NibbleCode* __restrict codes) {
  for (std::int64_t i = 0; i < count; ++i) codes[i] = nearest_even_code(x[i] * factors[i]);
}

NIBBLE_VECTOR_CLONES
void round_stochastic(const GridValues& values, const float* __restrict x,
                      const float* __restrict factors, std::int64_t count,
                      const std::uint32_t* __restrict words, NibbleCode* __restrict codes) {
  const GridValues grid = values;
  for (std::int64_t i = 0; i < count; ++i) {
    const float scaled = x[i] * factors[i];
    const float magnitude = std::fabs(scaled);
    const float clamped = magnitude > kE2m1Largest ? kE2m1Largest : magnitude;
    codes[i] = with_sign(stochastic_level(grid, clamped, words[i]), scaled);
  }
}

struct Scratch {
  std::vector<float> band;            // [rows of a band, columns]
  std::vector<float> factors;         // one a block of the band
  std::vector<float> row_factors;     // one an element of a row
  std::vector<std::int32_t> largest;  // one a block of the band
  std::vector<std::uint32_t> words;
};
thread_local Scratch scratch;

template <typename Source>
class BlockQuantizer {
 public:
  BlockQuantizer(const Source* x, const RandomStream* random, BlockScaled& result)
      : x_(x), random_(random), result_(result), format_(block_format(result.format)) {
    const bool k_last = result.axis == BlockAxis::k_last;
    band_rows_ = k_last ? 1 : format_.block_len;
    band_scales_ = k_last ? result.blocks() : result.columns;
    const std::int64_t bands = (result.rows + band_rows_ - 1) / band_rows_;
    result.codes.resize(static_cast<std::size_t>(result.rows * result.columns));
    result.scales.resize(static_cast<std::size_t>(bands * band_scales_));
    scratch.band.resize(static_cast<std::size_t>(band_rows_ * result.columns));
    scratch.factors.resize(static_cast<std::size_t>(band_scales_));
    scratch.row_factors.resize(static_cast<std::size_t>(result.columns));
    scratch.largest.resize(static_cast<std::size_t>(band_scales_));
    scratch.words.resize(static_cast<std::size_t>(result.columns) + 2 * kRandomRun);
  }

  void run() {
    result_.tensor_scale = 1.0F;
    if (format_.tensor_scale) set_tensor_scale();
    std::uint8_t* scales = result_.scales.data();
    for (std::int64_t row = 0; row < result_.rows; row += band_rows_) {
      const std::int64_t rows = std::min(band_rows_, result_.rows - row);
      to_floats(x_ + row * result_.columns, rows * result_.columns, scratch.band.data());
      scale_band(rows, scales);
      scales += band_scales_;
      for (std::int64_t i = 0; i < rows; ++i) round_row(row + i, i);
    }
  }

 private:
  /// 6 * 448 / largest, or 1 where that is no finite number.
  void set_tensor_scale() {
    std::int32_t largest = 0;
    for (std::int64_t row = 0; row < result_.rows; ++row) {
      to_floats(x_ + row * result_.columns, result_.columns, scratch.band.data());
      largest = std::max(largest, largest_finite(scratch.band.data(), result_.columns));
    }
    const float factor = kE2m1Largest * kE4m3LargestValue / float_of(largest);
    if (!std::isfinite(factor)) return;
    tensor_factor_ = factor;
    result_.tensor_scale = 1.0F / factor;
  }

  void scale_band(std::int64_t rows, std::uint8_t* scales) {
    std::int32_t* const largest = scratch.largest.data();
    if (result_.axis == BlockAxis::k_last) {
      largest_along_row(scratch.band.data(), result_.columns, format_.block_len, largest);
    } else {
      std::fill(scratch.largest.begin(), scratch.largest.end(), 0);
      for (std::int64_t i = 0; i < rows; ++i) {
        raise_largest(scratch.band.data() + i * result_.columns, result_.columns, largest);
      }
    }
    if (format_.scale == BlockScaleFormat::e8m0) {
      e8m0_scales(largest, band_scales_, scales, scratch.factors.data());
    } else {
      e4m3_scales(largest, band_scales_, tensor_factor_, scales, scratch.factors.data());
    }
  }

  /// One factor an element.
  [[nodiscard]] const float* factors_of_row() const {
    if (result_.axis == BlockAxis::k_first) return scratch.factors.data();
    for (std::int64_t block = 0; block < band_scales_; ++block) {
      const std::int64_t begin = block * format_.block_len;
      const std::int64_t end = std::min(begin + format_.block_len, result_.columns);
      std::fill(scratch.row_factors.begin() + begin, scratch.row_factors.begin() + end,
                scratch.factors[static_cast<std::size_t>(block)]);
    }
    return scratch.row_factors.data();
  }

  void round_row(std::int64_t row, std::int64_t row_of_band) {
    const std::int64_t columns = result_.columns;
    const float* const values = scratch.band.data() + row_of_band * columns;
    const float* const factors = factors_of_row();
    NibbleCode* const codes = result_.codes.data() + row * columns;
    if (random_ == nullptr) return round_nearest(values, factors, columns, codes);
    const auto first = static_cast<std::uint64_t>(row * columns);
    const auto end = first + static_cast<std::uint64_t>(columns);
    std::uint32_t* words = scratch.words.data();
    for (std::uint64_t run = first / kRandomRun; run * kRandomRun < end; ++run) {
      random_words(*random_, run, words);
      words += kRandomRun;
    }
    round_stochastic(grid_, values, factors, columns, scratch.words.data() + first % kRandomRun,
                     codes);
  }

  const Source* x_;
  const RandomStream* random_;
  BlockScaled& result_;
  const BlockFormatRow& format_;
  GridValues grid_ = grid_values(GradientGrid::e2m1);
  std::int64_t band_rows_ = 0;
  std::int64_t band_scales_ = 0;
  float tensor_factor_ = 1.0F;
};

template <typename Source>
void quantize(BlockFormat format, BlockAxis axis, std::int64_t rows, std::int64_t columns,
              const Source* x, const RandomStream* random, BlockScaled& result) {
  if (rows < 1 || columns < 1) throw std::invalid_argument("block_quantize: empty array");
  result.format = format;
  result.axis = axis;
  result.rows = rows;
  result.columns = columns;
  BlockQuantizer<Source>(x, random, result).run();
}

}  // namespace

NibbleCode e2m1_from_float(float x) { return nearest_even_code(x); }

void block_quantize(BlockFormat format, BlockAxis axis, std::int64_t rows, std::int64_t columns,
                    const Fp16Code* x, const RandomStream* random, BlockScaled& result) {
  quantize(format, axis, rows, columns, x, random, result);
}

void block_quantize(BlockFormat format, BlockAxis axis, std::int64_t rows, std::int64_t columns,
                    const float* x, const RandomStream* random, BlockScaled& result) {
  quantize(format, axis, rows, columns, x, random, result);
}

}  // namespace nibble
