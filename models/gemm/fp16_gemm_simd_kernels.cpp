// Compiles the SIMD FP16 baseline GEMM once for every instruction set.
//
// One DLFloat16 fused multiply-add is one binary32 multiply-add *rounded toward zero*, then half of
// the last kept place added to the bits and the 14 low ones cleared. That is exact:
// - a * b has at most 20 significant bits and an exponent in [-62, 65]: exact in binary32, so
//   multiply-add and multiply, add are the same, and nothing is subnormal.
// - Ties away from zero asks only whether |sum| reaches the midpoint of two neighbours. A midpoint
//   has 11 significant bits, hence is a binary32 number, and truncating |sum| to binary32 cannot
//   carry it across one. Rounding to nearest could: that is the double rounding to avoid.
// - For the same reason the two limits may be tested on the truncated sum: zero below the midpoint
//   above 2^-31, NaN-infinity from the midpoint below 2^32 * (1 + 511/512).
// NaN-infinity is sticky: the largest |sum| of each element decides in the end, and a binary32 NaN
// is larger than any number if both are compared as integers.
//
// With AVX-512, A is scaled so that 2^-31 becomes 2^-126, binary32's smallest normal number. The
// hardware then flushes what is below, and what is left to flush, the sums that round to 2^-31
// itself, is the one number without a bit in kAboveSmallest: one test and a mask on the rounding.
#include "models/gemm/fp16_gemm_simd_kernels.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#define HWY_WANT_AVX3_DL  // AVX-512 with VNNI is opt-in
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/gemm/fp16_gemm_simd_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using TagI32 = hn::ScalableTag<std::int32_t>;
using TagF32 = hn::ScalableTag<float>;
using TagCodes = hn::Rebind<std::uint16_t, TagI32>;
using VecI32 = hn::Vec<TagI32>;
using VecF32 = hn::Vec<TagF32>;

constexpr std::size_t kLanes = hn::MaxLanes(TagI32());
constexpr std::int32_t kMagnitudeMask = 0x7FFFFFFF;
#if HWY_CAP_GE512
constexpr int kScale = -95;  // A and the accumulators are times 2^kScale
#else
constexpr int kScale = 0;
#endif
constexpr std::int32_t kScaleBits = kScale * (1 << 23);
constexpr std::int32_t kSmallestNonzero = 0x30002000 + kScaleBits;  // 2^-31 * (1 + 1/1024)
constexpr std::int32_t kOverflow = 0x4FFFA000 + kScaleBits;         // 2^32 * (1 + 510.5/512)
constexpr std::int32_t kAboveSmallest = 0x7F7FC000;  // kept bits but the one of 2^-126
constexpr std::int32_t kKeptBits = static_cast<std::int32_t>(0xFFFFC000);
constexpr std::int32_t kQuietNan = 0x7FC00000;

/// kLanes codes as binary32, times 2^scale. Those beyond `readable` are zeros.
HWY_INLINE VecF32 load_as_float(const Fp16Code* codes, std::int64_t readable, int scale) {
  const TagI32 di;
  Fp16Code padded[kLanes];
  if (HWY_UNLIKELY(readable < static_cast<std::int64_t>(kLanes))) {
    std::memset(padded, 0, sizeof padded);
    std::memcpy(padded, codes, sizeof(Fp16Code) * static_cast<std::size_t>(readable));
    codes = padded;
  }
  const VecI32 code = hn::PromoteTo(di, hn::LoadU(TagCodes(), codes));
  const VecI32 magnitude = hn::And(code, hn::Set(di, 0x7FFF));
  const VecI32 sign = hn::ShiftLeft<16>(hn::And(code, hn::Set(di, 0x8000)));
  const VecI32 rebias = hn::Set(di, (127 - kFp16Bias + scale) * (1 << 23));
  const VecI32 bits = hn::Or(sign, hn::Add(hn::ShiftLeft<14>(magnitude), rebias));
  const VecI32 number = hn::IfThenElseZero(hn::Ne(magnitude, hn::Zero(di)), bits);
  const auto nan_infinity = hn::Eq(magnitude, hn::Set(di, kFp16NanInfinity));
  return hn::BitCast(TagF32(), hn::IfThenElse(nan_infinity, hn::Set(di, kQuietNan), number));
}

void pack_stationary(const Fp16Code* b, std::int64_t row_stride, std::int64_t codes,
                     std::int64_t readable, int vectors, float* panel) {
  for (std::int64_t k = 0; k < codes; ++k) {
    for (int v = 0; v < vectors; ++v) {
      const std::int64_t offset = k * row_stride + v * static_cast<int>(kLanes);
      hn::Store(load_as_float(b + offset, readable - offset, 0), TagF32(), panel);
      panel += kLanes;
    }
  }
}

HWY_INLINE void unpack(const Fp16Code* codes, std::int64_t count, int scale, float* values) {
  constexpr auto kStep = static_cast<std::int64_t>(kLanes);
  constexpr std::int64_t kAhead = 2048;  // parts of a tensor, with other work in between
  for (std::int64_t i = 0; i < count; i += kStep) {
    __builtin_prefetch(codes + i + kAhead);
    const VecF32 numbers = load_as_float(codes + i, count - i, scale);
    if (HWY_LIKELY(count - i >= kStep)) {
      hn::StoreU(numbers, TagF32(), values + i);
    } else {
      HWY_ALIGN float padded[kLanes];
      hn::Store(numbers, TagF32(), padded);
      std::memcpy(values + i, padded, static_cast<std::size_t>(count - i) * sizeof(float));
    }
  }
}
void unpack_stream(const Fp16Code* codes, std::int64_t count, float* values) {
  unpack(codes, count, kScale, values);
}
void unpack_stationary(const Fp16Code* codes, std::int64_t count, float* values) {
  unpack(codes, count, 0, values);
}

void store(const float* state, int rows, int width, int columns, std::int64_t row_stride,
           Fp16Code* c) {
  const TagI32 di;
  constexpr int kStep = static_cast<int>(kLanes);
  for (int row = 0; row < rows; ++row) {
    for (int n = 0; n < columns; n += kStep) {
      const VecI32 bits = hn::BitCast(di, hn::Load(TagF32(), state + row * width + n));
      const VecI32 magnitude = hn::And(bits, hn::Set(di, kMagnitudeMask));
      const VecI32 sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(di, 0x8000));
      const VecI32 rebias = hn::Set(di, (127 - kFp16Bias + kScale) * (1 << kFp16MantissaBits));
      const VecI32 number = hn::Or(sign, hn::Sub(hn::ShiftRight<14>(magnitude), rebias));
      const VecI32 finite = hn::IfThenElseZero(hn::Ne(magnitude, hn::Zero(di)), number);
      const auto overflow = hn::Gt(magnitude, hn::Set(di, kOverflow));
      const auto code =
          hn::DemoteTo(TagCodes(), hn::IfThenElse(overflow, hn::Set(di, kFp16NanInfinity), finite));
      Fp16Code* out = c + row * row_stride + n;
      if (columns - n >= kStep) {
        hn::StoreU(code, TagCodes(), out);
      } else {
        HWY_ALIGN Fp16Code codes[kLanes];
        hn::Store(code, TagCodes(), codes);
        for (int i = 0; i < columns - n; ++i) out[i] = codes[i];
      }
    }
  }
}

/// The DLFloat16 number, as binary32, of a sum that was truncated to binary32.
template <Fp16SumRange kRange>
HWY_INLINE VecF32 round_sum(VecF32 sum) {
  const TagI32 di;
  const VecI32 bits = hn::BitCast(di, sum);
  const VecI32 up = hn::Add(bits, hn::Set(di, 0x2000));
  const VecI32 rounded = hn::And(up, hn::Set(di, kKeptBits));
  if constexpr (kRange == Fp16SumRange::no_limits_reached || kRange == Fp16SumRange::exact_chunks) {
    return hn::BitCast(TagF32(), rounded);
  }
#if HWY_CAP_GE512
  const auto nonzero = hn::TestBit(up, hn::Set(di, kAboveSmallest));
#else
  const VecI32 magnitude = hn::And(bits, hn::Set(di, kMagnitudeMask));
  const auto nonzero = hn::Gt(magnitude, hn::Set(di, kSmallestNonzero - 1));
#endif
  return hn::BitCast(TagF32(), hn::IfThenElseZero(nonzero, rounded));
}

/// Keeps the largest magnitude of an element's sums where NaN-infinity can appear.
template <Fp16SumRange kRange>
HWY_INLINE VecF32 note_peak(VecF32 sum, VecI32& peak) {
  const TagI32 di;
  if constexpr (kRange == Fp16SumRange::any) {
    peak = hn::Max(peak, hn::And(hn::BitCast(di, sum), hn::Set(di, kMagnitudeMask)));
  }
  return sum;
}

/// acc + a * b with the rounding of a term.
template <Fp16SumRange kRange>
HWY_INLINE VecF32 add_term(VecF32 a, VecF32 b, VecF32 acc, VecI32& peak) {
  const VecF32 sum = hn::MulAdd(a, b, acc);
  if constexpr (kRange == Fp16SumRange::exact_chunks) return sum;
  return round_sum<kRange>(note_peak<kRange>(sum, peak));
}

/// What A has of a k for its columns.
template <bool kChannels>
HWY_INLINE VecF32 load_a(const float* a) {
  if constexpr (kChannels) return hn::LoadU(TagF32(), a);
  return hn::Set(TagF32(), *a);
}

/// Rows from `first_row` on; I numbers the Rows x Vectors accumulators, row major.
template <Fp16SumRange kRange, bool kChannels, std::size_t Vectors, std::size_t... I>
HWY_INLINE void multiply_block(const Fp16TileProduct& product, std::size_t first_row,
                               std::index_sequence<I...>) {
  const TagI32 di;
  const TagF32 df;
  float* const state = product.state + first_row * Vectors * kLanes;
  HWY_ALIGN float sums[sizeof...(I) * kLanes];
  (hn::Store(product.grouped ? hn::Zero(df) : hn::Load(df, state + I * kLanes), df,
             sums + I * kLanes),
   ...);
  VecI32 peak[sizeof...(I)];
  ((peak[I] = hn::Zero(di)), ...);

  const float* const rows[sizeof...(I)] = {product.a +
                                           product.row_offsets[first_row + I / Vectors]...};
  const float* b = product.b;
  for (std::int64_t chunk = 0; chunk < product.codes; chunk += product.chunk_len) {
    VecF32 acc[sizeof...(I)];
    ((acc[I] = hn::Zero(df)), ...);
    const std::int32_t* const end =
        product.k_offsets + std::min<std::int64_t>(chunk + product.chunk_len, product.codes);
    for (const std::int32_t* k = product.k_offsets + chunk; k != end; ++k) {
      const std::int64_t offset = *k;
      ((acc[I] = add_term<kRange>(load_a<kChannels>(rows[I] + offset),
                                  hn::LoadU(df, b + I % Vectors * kLanes), acc[I], peak[I])),
       ...);
      b += product.b_stride;
    }
    if constexpr (kRange == Fp16SumRange::exact_chunks) {
      ((acc[I] = round_sum<kRange>(acc[I])), ...);
    }
    (hn::Store(round_sum<kRange>(
                   note_peak<kRange>(hn::Add(hn::Load(df, sums + I * kLanes), acc[I]), peak[I])),
               df, sums + I * kLanes),
     ...);
  }

  const auto finish = [&](std::size_t i) HWY_ATTR {
    VecF32 total = hn::Load(df, sums + i * kLanes);
    if (product.grouped) {
      total = hn::Add(hn::Load(df, state + i * kLanes), total);
      total = round_sum<kRange>(note_peak<kRange>(total, peak[i]));
    }
    const auto overflow = hn::Gt(peak[i], hn::Set(di, kOverflow - 1));
    const VecI32 bits = hn::IfThenElse(overflow, hn::Set(di, kQuietNan), hn::BitCast(di, total));
    hn::Store(hn::BitCast(df, bits), df, state + i * kLanes);
  };
  (finish(I), ...);
}

/// As many rows at a time as the registers hold.
template <Fp16SumRange kRange, bool kChannels, std::size_t Vectors>
HWY_NOINLINE void multiply_tile(const Fp16TileProduct& product) {
  constexpr std::size_t kRows = kRange == Fp16SumRange::any ? kFp16TileRows / 2 : kFp16TileRows;
  for (std::size_t row = 0; row < kFp16TileRows; row += kRows) {
    multiply_block<kRange, kChannels, Vectors>(product, row,
                                               std::make_index_sequence<kRows * Vectors>());
  }
}

template <bool kChannels, std::size_t Vectors>
HWY_INLINE void multiply_vectors(const Fp16TileProduct& product) {
  switch (product.range) {
    case Fp16SumRange::any:
      return multiply_tile<Fp16SumRange::any, kChannels, Vectors>(product);
    case Fp16SumRange::no_overflow:
      return multiply_tile<Fp16SumRange::no_overflow, kChannels, Vectors>(product);
    case Fp16SumRange::no_limits_reached:
      return multiply_tile<Fp16SumRange::no_limits_reached, kChannels, Vectors>(product);
    case Fp16SumRange::exact_chunks:
      if constexpr (kChannels) {
        multiply_tile<Fp16SumRange::exact_chunks, kChannels, Vectors>(product);
      }
  }
}

#if HWY_CAP_GE512
constexpr int kPanelVectors = 2;
#else
constexpr int kPanelVectors = 1;  // sixteen registers hold no more
#endif

void multiply(const Fp16TileProduct& product, int vectors) {
  if (vectors == 1) return multiply_vectors<false, 1>(product);
  multiply_vectors<false, 2>(product);
}

void multiply_channels(const Fp16TileProduct& product) { multiply_vectors<true, 1>(product); }

const Fp16GemmKernels* fp16_kernels() {
  static constexpr Fp16GemmKernels table = {
      static_cast<int>(kLanes), kPanelVectors, unpack_stream,     unpack_stationary,
      pack_stationary,          multiply,      multiply_channels, store};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {

HWY_EXPORT(fp16_kernels);

const Fp16GemmKernels& fp16_gemm_kernels() { return *HWY_DYNAMIC_DISPATCH(fp16_kernels)(); }

}  // namespace nibble
#endif  // HWY_ONCE
