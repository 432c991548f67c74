// How pointwise_arithmetic.cpp goes through a tensor: columns, the stages up to the activation,
// masks. Included once for each instruction set.
#if defined(NIBBLE_POINTWISE_COLUMNS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_POINTWISE_COLUMNS_INL_H
#undef NIBBLE_POINTWISE_COLUMNS_INL_H
#else
#define NIBBLE_POINTWISE_COLUMNS_INL_H
#endif

#include <algorithm>
#include <vector>

#include "models/layers/fp16_encode-inl.h"
#include "models/training/pointwise_arithmetic.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// The elements of one sample and one vector of channels: begin, begin + channels, ... below end.
struct Column {
  std::int64_t sample, channel, width, begin, end;
};

template <class Body>
HWY_INLINE void for_each_column(const TensorShape& shape, Body body) {
  const std::int64_t size = shape.pixels * shape.channels;
  for (std::int64_t n = 0; n < shape.samples; ++n) {
    for (std::int64_t c = 0; c < shape.channels; c += kLanes) {
      body(Column{n, c, std::min(kLanes, shape.channels - c), n * size + c, (n + 1) * size});
    }
  }
}

constexpr std::int64_t kAhead = 1024;

/// What a loop over a column reads soon, perhaps beyond the tensor: the machine's own prefetching
/// ends at every page of 4 KiB.
template <typename... Element>
HWY_INLINE void prefetch(std::int64_t i, const Element*... tensors) {
  (__builtin_prefetch(tensors + i + kAhead), ...);
}
/// The same of what it writes, if it writes that.
template <typename Element>
HWY_INLINE void prefetch_result(std::int64_t i, const Element* tensor) {
  if (tensor != nullptr) __builtin_prefetch(tensor + i + kAhead, 1);
}

HWY_INLINE VecF32 load_channels(const std::vector<float>& values, const Column& column) {
  return load_some(TagF32(), values.data() + column.channel, column.width);
}

/// total[channel] += sums.
HWY_INLINE void add_channels(VecF32 sums, const Column& column, std::vector<float>& total) {
  float* to = total.data() + column.channel;
  store_some(hn::Add(load_some(TagF32(), to, column.width), sums), TagF32(), column.width, to);
}

/// The stages up to the activation, for one column.
template <bool Norm, bool Add>
class ColumnStages {
 public:
  HWY_INLINE ColumnStages(const PointwiseStages& stages, const Column& column)
      : scale_(all(0.0F)), shift_(all(0.0F)), other_(stages.other), width_(column.width) {
    if constexpr (Norm) {
      scale_ = load_channels(stages.norm->scale, column);
      shift_ = load_channels(stages.norm->shift, column);
    }
  }
  HWY_INLINE VecF32 operator()(VecF32 x, std::int64_t i) const {
    VecF32 v = x;
    if constexpr (Norm) v = rounded(hn::Add(hn::Mul(v, scale_), shift_));
    if constexpr (Add) v = rounded(hn::Add(v, decode(other_ + i, width_)));
    return v;
  }

 private:
  VecF32 scale_, shift_;
  const Fp16Code* other_;
  std::int64_t width_;
};

/// Of numbers far below 2^31, which hn::ConvertTo would look for.
HWY_INLINE VecI32 truncated(VecF32 x) {
#if HWY_CAP_GE512
  return VecI32{_mm512_cvttps_epi32(x.raw)};
#else
  return hn::ConvertTo(TagI32(), x);
#endif
}

/// PACT's code of each y in [0, alpha], as pact_quantize of models/quantize/pact.h.
HWY_INLINE void store_quantised(VecF32 y, VecF32 reciprocal, std::int64_t width, NibbleCode* to) {
  const VecF32 capped = hn::Min(hn::Mul(y, reciprocal), all(15.0F));
  const auto code = hn::BitCast(TagU32(), truncated(hn::Add(capped, all(0.5F))));
  store_some(hn::TruncateTo(TagNibbles(), code), TagNibbles(), width, to);
}

/// Masks one after the other, a vector's in as many bytes as it needs.
constexpr std::int64_t kMaskBytes = (kLanes + 7) / 8;

inline std::int64_t mask_bytes(const TensorShape& shape) {
  return shape.per_channel() * ((shape.channels + kLanes - 1) / kLanes) * kMaskBytes;
}

HWY_INLINE std::uint8_t* store_mask(MaskF32 mask, std::uint8_t* to) {
  hn::StoreMaskBits(TagF32(), mask, to);
  return to + kMaskBytes;
}

/// Reads the masks of a tensor in the order in which they were stored; all bits without any.
class MaskReader {
 public:
  explicit MaskReader(const std::vector<std::uint8_t>& masks)
      : next_(masks.empty() ? nullptr : masks.data()) {}
  HWY_INLINE VecI32 operator()(VecI32 code) {
    if (next_ == nullptr) return code;
    const auto mask = hn::LoadMaskBits(TagI32(), next_);
    next_ += kMaskBytes;
    return hn::IfThenElseZero(mask, code);
  }
  HWY_INLINE VecF32 operator()(VecF32 value) { return lanes_of((*this)(bits_of(value))); }

 private:
  const std::uint8_t* next_;
};

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#endif
