// What both kinds of packed_pass() do with operands: images get their padding, weights become
// panels, accumulators become scaled results.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "hwy/aligned_allocator.h"
#include "models/gemm/packed_kernels.h"
#include "models/layers/code_elements.h"
#include "models/layers/packed_geometry.h"

namespace nibble {

/// Accumulators [rows][width] to results: y = fp16(state * 2^exponent * scale), one rounding, of
/// the first `columns` of each row, to `results` + offsets[row].
struct StateTile {
  const float* state = nullptr;
  std::int64_t width = 0;
  int rows = 0, columns = 0;
  int exponent = 0;
  float scale = 1;
};
void store_scaled(const StateTile& tile, const std::int32_t* offsets, Fp16Code* results);

/// Aligned memory that is kept between calls.
class PackedBuffer {
 public:
  template <typename T>
  [[nodiscard]] T* at_least(std::int64_t count) {
    return static_cast<T*>(grow(count * static_cast<std::int64_t>(sizeof(T))));
  }
  /// The same, every byte of it `byte`.
  template <typename T>
  [[nodiscard]] T* filled(std::int64_t count, std::uint8_t byte = 0) {
    T* memory = at_least<T>(count);
    std::memset(memory, byte, static_cast<std::size_t>(count) * sizeof(T));
    return memory;
  }

 private:
  void* grow(std::int64_t bytes);
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> memory_;
  std::int64_t size_ = 0;
};

/// Padded images one after the other, in packed elements.
struct PaddedImages : PaddedShape {
  CodeElements elements;

  /// What padding consists of: the element of a zero.
  [[nodiscard]] std::uint8_t zero() const { return static_cast<std::uint8_t>(elements.offset()); }
  [[nodiscard]] std::int64_t row_bytes() const { return row_elements() * elements.bytes(); }
  [[nodiscard]] std::int64_t image_bytes() const { return height * row_bytes(); }
  /// The image alone: its padding stays as it was.
  void fill(const NibbleCode* image, std::uint8_t* padded) const;
};

/// B [K,N] as panels of one or two vectors, and what each chunk sum of a column begins with.
class PackedPanels {
 public:
  /// `codes` [K,N].
  void pack(const GemmShape& shape, const GemmArithmetic& arithmetic, const PackedKernels& kernels,
            const NibbleCode* codes);

  struct Panel {
    std::int64_t n = 0;
    int vectors = 0, columns = 0;  // columns that exist
    const std::int32_t* quads = nullptr;
    const std::int32_t* start = nullptr;
  };
  [[nodiscard]] const std::vector<Panel>& panels() const { return panels_; }

 private:
  PackedBuffer quads_, starts_;
  std::vector<Panel> panels_;
};

}  // namespace nibble
