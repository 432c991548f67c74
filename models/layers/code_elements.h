// Codes to the kernels' packed elements: a table of sixteen, so that every format of a code is
// encoded by the same loop.
#pragma once

#include <array>
#include <cstdint>

#include "models/gemm/packed_kernels.h"

namespace nibble {

class CodeElements {
 public:
  CodeElements() = default;
  /// In bytes the kernels want a stream of unsigned numbers: s4 gets 8 added. fp16 codes are of
  /// values, the others of integers in the format's unit.
  CodeElements(StreamFormat format, PackedElement element);
  CodeElements(StationaryFormat format, PackedElement element);

  /// codes[0..count), of which the upper four bits do not count.
  void encode(const NibbleCode* codes, std::int64_t count, std::uint8_t* out) const;

  [[nodiscard]] PackedElement element() const { return element_; }
  [[nodiscard]] int bytes() const { return packed_bytes(element_); }
  /// What was added to every number.
  [[nodiscard]] int offset() const { return offset_; }

 private:
  void set(int code, int value, int exponent);

  PackedElement element_ = PackedElement::byte;
  int offset_ = 0;
  std::array<std::uint8_t, 16> low_ = {}, high_ = {};  // bytes of each code's element
};

/// The element for which both operands of a GEMM are packed.
[[nodiscard]] PackedElement element_of(StreamFormat format, const PackedKernels& kernels);

}  // namespace nibble
