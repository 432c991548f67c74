#include "models/layers/packed_operand.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <type_traits>

#include "models/formats/fp16.h"
#include "models/layers/vector_clones.h"

namespace nibble {
namespace {

/// The upper half of a binary32 number: its bfloat16 form, exact for all codes.
inline std::uint16_t bfloat16(int value) {
  const auto number = static_cast<float>(value);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

// Arithmetic on codes instead of tables, so that these loops vectorise.
inline int u4_number(NibbleCode code) { return code & 0xF; }
inline int s4_number(NibbleCode code) { return ((code & 0xF) ^ 8) - 8; }

/// 4^(e-1) with its sign, in either 16-bit element; e = 0 is zero.
inline std::uint16_t fp4_bfloat16(NibbleCode code) {
  const int e = code & 7;
  const int bits = (code & 8) << 12 | (127 - 2 + 2 * e) << 7;
  return static_cast<std::uint16_t>(e == 0 ? 0 : bits);
}
inline std::uint16_t fp4_int16(NibbleCode code) {
  const int e = code & 7;
  const int magnitude = (1 << 2 * e) >> 2;
  return static_cast<std::uint16_t>((code & 8) != 0 ? -magnitude : magnitude);
}

NIBBLE_VECTOR_CLONES
void encode_bytes(const NibbleCode* codes, std::int64_t count, CodeValues values,
                  std::uint8_t* out) {
  if (values == CodeValues::u4) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = codes[i] & 0xF;
  } else if (values == CodeValues::s4_plus_8) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = (codes[i] & 0xF) ^ 8;
  } else {
    for (std::int64_t i = 0; i < count; ++i)
      out[i] = static_cast<std::uint8_t>(s4_number(codes[i]));
  }
}

NIBBLE_VECTOR_CLONES
void encode_int16(const NibbleCode* codes, std::int64_t count, CodeValues values,
                  std::uint16_t* out) {
  if (values == CodeValues::u4) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = codes[i] & 0xF;
  } else if (values == CodeValues::s4) {
    for (std::int64_t i = 0; i < count; ++i)
      out[i] = static_cast<std::uint16_t>(s4_number(codes[i]));
  } else {
    for (std::int64_t i = 0; i < count; ++i) out[i] = fp4_int16(codes[i]);
  }
}

NIBBLE_VECTOR_CLONES
void encode_bfloat16(const NibbleCode* codes, std::int64_t count, CodeValues values,
                     std::uint16_t* out) {
  if (values == CodeValues::u4) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = bfloat16(u4_number(codes[i]));
  } else if (values == CodeValues::s4) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = bfloat16(s4_number(codes[i]));
  } else {
    for (std::int64_t i = 0; i < count; ++i) out[i] = fp4_bfloat16(codes[i]);
  }
}

}  // namespace

CodeValues stationary_values(StationaryFormat format) {
  return format == StationaryFormat::u4 ? CodeValues::u4 : CodeValues::s4;
}

CodeValues stream_values(StreamFormat format, PackedElement element) {
  if (format == StreamFormat::u4) return CodeValues::u4;
  if (format != StreamFormat::s4) return CodeValues::fp4;
  return element == PackedElement::byte ? CodeValues::s4_plus_8 : CodeValues::s4;
}

PackedElement element_of(StreamFormat format, const PackedKernels& kernels) {
  const bool integer = format == StreamFormat::u4 || format == StreamFormat::s4;
  return integer ? kernels.integer : kernels.pair;
}

void encode(const NibbleCode* codes, std::int64_t count, CodeValues values, PackedElement element,
            std::uint8_t* out) {
  switch (element) {
    case PackedElement::byte:
      return encode_bytes(codes, count, values, out);
    case PackedElement::int16:
      return encode_int16(codes, count, values, reinterpret_cast<std::uint16_t*>(out));
    case PackedElement::bfloat16:
      return encode_bfloat16(codes, count, values, reinterpret_cast<std::uint16_t*>(out));
  }
}

NIBBLE_VECTOR_CLONES
void store_scaled(const StateTile& tile, const std::int32_t* offsets, Fp16Code* results) {
  const float unit = 1.0F / static_cast<float>(1 << -tile.exponent);  // a power of two: exact
  const auto store = [&](auto columns) __attribute__((always_inline)) {
    for (int row = 0; row < tile.rows; ++row) {
      const float* state = tile.state + row * tile.width;
      Fp16Code* y = results + offsets[row];
      for (int i = 0; i < columns; ++i) y[i] = fp16_from_float(state[i] * unit * tile.scale);
    }
  };
  // Whole vectors know their number when they are compiled.
  if (tile.columns == 16) return store(std::integral_constant<int, 16>());
  if (tile.columns == 32) return store(std::integral_constant<int, 32>());
  store(tile.columns);
}

void* PackedBuffer::grow(std::int64_t bytes) {
  if (bytes > size_) {
    memory_ = hwy::AllocateAligned<std::uint8_t>(static_cast<std::size_t>(bytes));
    size_ = memory_ == nullptr ? 0 : bytes;
    if (memory_ == nullptr) throw std::bad_alloc();
  }
  return memory_.get();
}

void PaddedImages::fill(const NibbleCode* image, std::uint8_t* padded) const {
  padded += top * row_bytes() + left * channels * packed_bytes(element);
  // Without columns of padding all rows are one.
  const std::int64_t rows = width == w ? 1 : h;
  const std::int64_t codes = h * w * channels / rows;
  for (std::int64_t row = 0; row < rows; ++row) {
    encode(image + row * codes, codes, values, element, padded + row * row_bytes());
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
  const CodeValues values = stationary_values(arithmetic.stationary);
  const bool offset = stream_values(arithmetic.stream, element) == CodeValues::s4_plus_8;
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
    encode(codes + k * shape.n, shape.n, values, element, row.data());
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
        if (offset) start[i] -= 8 * static_cast<std::int8_t>(*value);
      }
    }
  }
}

}  // namespace nibble
