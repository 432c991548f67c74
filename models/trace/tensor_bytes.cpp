#include "models/trace/tensor_bytes.h"

#include <cstring>
#include <utility>

#include "models/trace/trace_error.h"

namespace nibble {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

const StoredTensor& find(const std::string& name, const SafetensorsFile& file,
                         const std::string& tensor, TensorType type, const char* type_name) {
  const auto place = file.tensors.find(tensor);
  if (place == file.tensors.end()) throw TraceError(name, "tensor " + tensor + " is missing");
  if (place->second.type != type) {
    throw TraceError(name, "tensor " + tensor + " must have dtype " + type_name);
  }
  return place->second;
}

template <typename Word>
std::string little_endian(const std::vector<Word>& words) {
  std::string bytes;
  bytes.reserve(words.size() * sizeof(Word));
  for (const Word word : words) {
    for (std::size_t i = 0; i < sizeof(Word); ++i) {
      bytes.push_back(static_cast<char>((word >> (8 * i)) & 0xFF));
    }
  }
  return bytes;
}

template <typename Word>
std::vector<Word> from_little_endian(const std::string& bytes) {
  std::vector<Word> words(bytes.size() / sizeof(Word));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    words[i / sizeof(Word)] =
        static_cast<Word>(words[i / sizeof(Word)] | Word{byte} << (8 * (i % sizeof(Word))));
  }
  return words;
}

}  // namespace

StoredTensor stored_codes(const std::vector<NibbleCode>& codes) {
  const std::vector<std::uint8_t> packed = pack_nibbles(codes.data(), codes.size());
  return {TensorType::u8,
          {static_cast<std::int64_t>(packed.size())},
          std::string(packed.begin(), packed.end())};
}

StoredTensor stored_values(const std::vector<Fp16Code>& values, std::vector<std::int64_t> shape) {
  return {TensorType::u16, std::move(shape), little_endian(values)};
}

StoredTensor stored_floats(const std::vector<float>& floats) {
  std::vector<std::uint32_t> words(floats.size());
  if (!floats.empty()) std::memcpy(words.data(), floats.data(), floats.size() * sizeof(float));
  return {TensorType::f32, {static_cast<std::int64_t>(floats.size())}, little_endian(words)};
}

std::vector<NibbleCode> codes_of(const std::string& name, const SafetensorsFile& file,
                                 const std::string& tensor,
                                 const std::vector<std::int64_t>& shape) {
  const StoredTensor& stored = find(name, file, tensor, TensorType::u8, "U8");
  const auto expected =
      static_cast<std::uint64_t>(StoredTensor{TensorType::u8, shape, {}}.elements());
  if (stored.bytes.size() != (expected + 1) / 2) {
    throw TraceError(name, "tensor " + tensor + " holds " + std::to_string(stored.bytes.size()) +
                               " bytes, wrong for 4-bit codes of shape " + shape_text(shape));
  }
  if (expected % 2 != 0 && (static_cast<unsigned char>(stored.bytes.back()) >> 4) != 0) {
    throw TraceError(name, "tensor " + tensor + ": its padding nibble is not zero");
  }
  return unpack_nibbles(reinterpret_cast<const std::uint8_t*>(stored.bytes.data()), expected);
}

std::vector<Fp16Code> values_of(const std::string& name, const SafetensorsFile& file,
                                const std::string& tensor, const std::vector<std::int64_t>& shape) {
  const StoredTensor& stored = find(name, file, tensor, TensorType::u16, "U16");
  if (stored.shape != shape) {
    throw TraceError(name, "tensor " + tensor + " has shape " + shape_text(stored.shape) +
                               ", expected " + shape_text(shape));
  }
  return from_little_endian<std::uint16_t>(stored.bytes);
}

std::vector<float> floats_of(const std::string& name, const SafetensorsFile& file,
                             const std::string& tensor) {
  const StoredTensor& stored = find(name, file, tensor, TensorType::f32, "F32");
  const std::vector<std::uint32_t> words = from_little_endian<std::uint32_t>(stored.bytes);
  std::vector<float> floats(words.size());
  if (!words.empty()) std::memcpy(floats.data(), words.data(), words.size() * sizeof(float));
  return floats;
}

}  // namespace nibble
