// The container of trace and weight files: 8 bytes of header length, a JSON header, the tensors'
// bytes (huggingface/safetensors). One JSON document rides in its metadata under `nibblesim`; both
// it and the data carry a CRC-32, see README.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nibble {

enum class TensorType : std::uint8_t { u8, u16, f32 };

struct StoredTensor {
  TensorType type = TensorType::u8;
  std::vector<std::int64_t> shape;
  std::string bytes;  // little endian

  [[nodiscard]] std::int64_t elements() const;
};

struct SafetensorsFile {
  std::string json;  // the `nibblesim` document
  std::map<std::string, StoredTensor> tensors;
};

/// The same content gives the same bytes. Precondition: every tensor's bytes fit its shape.
[[nodiscard]] std::string safetensors_bytes(const SafetensorsFile& file);

/// Checks header, offsets (contiguous, complete), sizes and both sums. `name` stands in front of
/// every message. Throws TraceError.
[[nodiscard]] SafetensorsFile parse_safetensors(const std::string& name, std::string_view bytes);

/// The whole file; throws TraceError if it cannot be read.
[[nodiscard]] std::string read_bytes(const std::string& path);

/// CRC-32 (zlib) as 8 lower-case hex digits.
[[nodiscard]] std::string crc32_text(std::string_view bytes);

}  // namespace nibble
