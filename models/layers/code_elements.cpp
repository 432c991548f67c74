#include "models/layers/code_elements.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/layers/code_elements.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/highway.h"
#include "models/formats/fp16.h"
#include "models/gemm/operand_values.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR  // whose vectors are no table
using TagBytes = hn::ScalableTag<std::uint8_t>;
using TagPairs = hn::ScalableTag<std::uint16_t>;
using TagHalf = hn::Rebind<std::uint8_t, TagPairs>;
#endif

// Images are read one after the other with other work in between, in which the machine forgets what
// it would read next.
constexpr std::int64_t kAhead = 4096;

void encode_bytes(const NibbleCode* codes, std::int64_t count, const std::uint8_t* low,
                  std::uint8_t* out) {
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const TagBytes d;
  constexpr auto kStep = static_cast<std::int64_t>(hn::MaxLanes(d));
  const auto table = hn::LoadDup128(d, low);
  for (; i + kStep <= count; i += kStep) {
    __builtin_prefetch(codes + i + kAhead);
    const auto code = hn::And(hn::LoadU(d, codes + i), hn::Set(d, 0xF));
    hn::StoreU(hn::TableLookupBytes(table, code), d, out + i);
  }
#endif
  for (; i < count; ++i) out[i] = low[codes[i] & 0xF];
}

void encode_pairs(const NibbleCode* codes, std::int64_t count, const std::uint8_t* low,
                  const std::uint8_t* high, std::uint8_t* out) {
  auto* pairs = reinterpret_cast<std::uint16_t*>(out);
  std::int64_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const TagPairs d;
  const TagBytes bytes;
  constexpr auto kStep = static_cast<std::int64_t>(hn::MaxLanes(d));
  const auto low_table = hn::LoadDup128(bytes, low);
  const auto high_table = hn::LoadDup128(bytes, high);
  for (; i + kStep <= count; i += kStep) {
    __builtin_prefetch(codes + i + kAhead);
    // The code stands in the low byte; the table's first entry comes for the high one, and goes.
    const auto code = hn::And(hn::PromoteTo(d, hn::LoadU(TagHalf(), codes + i)), hn::Set(d, 0xF));
    const auto index = hn::BitCast(bytes, code);
    const auto lower =
        hn::And(hn::BitCast(d, hn::TableLookupBytes(low_table, index)), hn::Set(d, 0xFF));
    const auto upper = hn::ShiftLeft<8>(hn::BitCast(d, hn::TableLookupBytes(high_table, index)));
    hn::StoreU(hn::Or(lower, upper), d, pairs + i);
  }
#endif
  for (; i < count; ++i) {
    const int code = codes[i] & 0xF;
    pairs[i] = static_cast<std::uint16_t>(low[code] | high[code] << 8);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {
namespace {

HWY_EXPORT(encode_bytes);
HWY_EXPORT(encode_pairs);

/// The upper half of a binary32 number: its bfloat16 form, exact for all codes.
std::uint16_t bfloat16(int value) {
  const auto number = static_cast<float>(value);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

}  // namespace

PackedElement element_of(StreamFormat format, const PackedKernels& kernels) {
  return is_integer(format) ? kernels.integer : kernels.pair;
}

CodeElements::CodeElements(StreamFormat format, PackedElement element) : element_(element) {
  offset_ = element == PackedElement::byte && format == StreamFormat::s4 ? 8 : 0;
  for (int code = 0; code < 16; ++code) {
    set(code, stream_value(format, static_cast<NibbleCode>(code)) + offset_,
        chunk_exponent(format));
  }
}

CodeElements::CodeElements(StationaryFormat format, PackedElement element) : element_(element) {
  for (int code = 0; code < 16; ++code) {
    set(code, stationary_value(format, static_cast<NibbleCode>(code)), 0);
  }
}

void CodeElements::set(int code, int value, int exponent) {
  auto bits = static_cast<std::uint16_t>(value);
  if (element_ == PackedElement::bfloat16) bits = bfloat16(value);
  if (element_ == PackedElement::fp16) bits = fp16_from_scaled_integer(value, exponent);
  low_[static_cast<std::size_t>(code)] = static_cast<std::uint8_t>(bits & 0xFF);
  high_[static_cast<std::size_t>(code)] = static_cast<std::uint8_t>(bits >> 8);
}

void CodeElements::encode(const NibbleCode* codes, std::int64_t count, std::uint8_t* out) const {
  if (element_ == PackedElement::byte) {
    HWY_DYNAMIC_DISPATCH(encode_bytes)(codes, count, low_.data(), out);
  } else {
    HWY_DYNAMIC_DISPATCH(encode_pairs)(codes, count, low_.data(), high_.data(), out);
  }
}

}  // namespace nibble
#endif  // HWY_ONCE
