#include "models/layers/packed_operand.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "models/formats/vector_clones.h"

namespace nibble {
namespace {

/// Column i of four rows of bytes becomes quad i, the first row's byte lowest.
NIBBLE_VECTOR_CLONES
void interleave_bytes(const std::uint8_t* __restrict rows, std::int64_t row_bytes,
                      std::int64_t columns, std::int32_t* __restrict quads) {
  const std::uint8_t *second = rows + row_bytes, *third = second + row_bytes;
  const std::uint8_t* fourth = third + row_bytes;
  for (std::int64_t i = 0; i < columns; ++i) {
    const std::uint32_t low = rows[i] | static_cast<std::uint32_t>(second[i]) << 8;
    const std::uint32_t high = third[i] | static_cast<std::uint32_t>(fourth[i]) << 8;
    quads[i] = static_cast<std::int32_t>(low | high << 16);
  }
}

/// The same of two rows of 16-bit elements.
NIBBLE_VECTOR_CLONES
void interleave_pairs(const std::uint8_t* __restrict rows, std::int64_t row_bytes,
                      std::int64_t columns, std::int32_t* __restrict quads) {
  for (std::int64_t i = 0; i < columns; ++i) {
    std::uint16_t low = 0, high = 0;
    std::memcpy(&low, rows + 2 * i, sizeof low);
    std::memcpy(&high, rows + row_bytes + 2 * i, sizeof high);
    quads[i] = static_cast<std::int32_t>(low | static_cast<std::uint32_t>(high) << 16);
  }
}

/// What a stream's offset adds to each column's sum by these four rows is taken from its start.
NIBBLE_VECTOR_CLONES
void subtract_offsets(const std::uint8_t* __restrict rows, std::int64_t row_bytes,
                      std::int64_t columns, int offset, std::int32_t* __restrict start) {
  const auto signed_at = [=](std::int64_t i, int row) {
    return static_cast<std::int32_t>(static_cast<std::int8_t>(rows[row * row_bytes + i]));
  };
  for (std::int64_t i = 0; i < columns; ++i) {
    start[i] -= offset * (signed_at(i, 0) + signed_at(i, 1) + signed_at(i, 2) + signed_at(i, 3));
  }
}

}  // namespace

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
  for (std::int64_t n = 0; n < columns; n += 2 * vector) {
    const std::int64_t width = std::min(2 * vector, columns - n);
    panels_.push_back({n, static_cast<int>(width / vector),
                       static_cast<int>(std::min(width, shape.n - n)), packed + n * quads,
                       starts + n * chunks});
  }
  // The rows of a quad of k; those behind the last k hold zeros.
  const std::int64_t row_bytes = shape.n * bytes;
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(layout.codes_per_quad * row_bytes));
  for (std::int64_t quad = 0; quad < quads; ++quad) {
    const std::int64_t chunk = quad / layout.quads, within = quad % layout.quads;
    const std::int64_t first = chunk * layout.chunk_len + within * layout.codes_per_quad;
    const std::int64_t end = std::min((chunk + 1) * layout.chunk_len, shape.k);
    const std::int64_t there = std::clamp<std::int64_t>(end - first, 0, layout.codes_per_quad);
    std::fill(rows.begin() + there * row_bytes, rows.end(), std::uint8_t{0});
    for (std::int64_t i = 0; i < there; ++i) {
      elements.encode(codes + (first + i) * shape.n, shape.n, rows.data() + i * row_bytes);
    }
    for (const Panel& panel : panels_) {
      const std::int64_t width = panel.vectors * vector;
      std::int32_t* out = packed + panel.n * quads + quad * width;
      const std::uint8_t* values = rows.data() + panel.n * bytes;
      if (bytes == 1) {
        interleave_bytes(values, row_bytes, panel.columns, out);
        if (offset != 0) {
          std::int32_t* start = starts + panel.n * chunks + chunk * width;
          subtract_offsets(values, row_bytes, panel.columns, offset, start);
        }
      } else {
        interleave_pairs(values, row_bytes, panel.columns, out);
      }
    }
  }
}

}  // namespace nibble
