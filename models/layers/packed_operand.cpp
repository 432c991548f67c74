#include "models/layers/packed_operand.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace nibble {

void* PackedBuffer::grow(std::int64_t bytes) {
  if (bytes > size_) {
    memory_ = hwy::AllocateAligned<std::uint8_t>(static_cast<std::size_t>(bytes));
    size_ = memory_ == nullptr ? 0 : bytes;
    if (memory_ == nullptr) throw std::bad_alloc();
  }
  return memory_.get();
}

void PaddedImages::fill(const NibbleCode* image, std::uint8_t* padded) const {
  padded += top * row_bytes() + left * channels * elements.bytes();
  // Without columns of padding all rows are one.
  const std::int64_t rows = width == w ? 1 : h;
  const std::int64_t codes = h * w * channels / rows;
  for (std::int64_t row = 0; row < rows; ++row) {
    elements.encode(image + row * codes, codes, padded + row * row_bytes());
  }
}

void PackedPanels::pack(const GemmShape& shape, const GemmArithmetic& arithmetic,
                        const PackedKernels& kernels, const NibbleCode* codes) {
  const PackedElement element = element_of(arithmetic.stream, kernels);
  const int bytes = packed_bytes(element);
  const ChunkLayout layout = chunk_layout(arithmetic.chunk_len, kBytesPerQuad / bytes);
  const std::int64_t chunks = (shape.k + layout.chunk_len - 1) / layout.chunk_len;
  const std::int64_t vector = kernels.vector_columns;
  const std::int64_t columns = (shape.n + vector - 1) / vector * vector;
  const CodeElements elements(arithmetic.stationary, element);
  const int offset = CodeElements(arithmetic.stream, element).offset();
  const std::int64_t quads = chunks * layout.quads;
  auto* packed = quads_.filled<std::int32_t>(columns * quads);
  auto* starts = starts_.filled<std::int32_t>(columns * chunks);
  panels_.clear();
  std::vector<std::uint8_t> row(static_cast<std::size_t>(shape.n * bytes));
  for (std::int64_t n = 0; n < columns; n += 2 * vector) {
    const std::int64_t width = std::min(2 * vector, columns - n);
    panels_.push_back({n, static_cast<int>(width / vector),
                       static_cast<int>(std::min(width, shape.n - n)), packed + n * quads,
                       starts + n * chunks});
  }
  for (std::int64_t k = 0; k < shape.k; ++k) {
    elements.encode(codes + k * shape.n, shape.n, row.data());
    const std::int64_t chunk = k / layout.chunk_len, within = k % layout.chunk_len;
    const std::int64_t quad = chunk * layout.quads + within / layout.codes_per_quad;
    const std::int64_t byte = within % layout.codes_per_quad * bytes;
    for (const Panel& panel : panels_) {
      const std::int64_t width = panel.vectors * vector;
      auto* out = reinterpret_cast<std::uint8_t*>(packed + panel.n * quads + quad * width) + byte;
      std::int32_t* start = starts + panel.n * chunks + chunk * width;
      for (std::int64_t i = 0; i < panel.columns; ++i) {
        const std::uint8_t* value = row.data() + (panel.n + i) * bytes;
        std::memcpy(out + i * kBytesPerQuad, value, static_cast<std::size_t>(bytes));
        if (offset != 0) start[i] -= offset * static_cast<std::int8_t>(*value);
      }
    }
  }
}

}  // namespace nibble
