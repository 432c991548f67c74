#include "models/trace/safetensors.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include "models/trace/trace_error.h"

namespace nibble {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";

struct TypeRow {
  TensorType type;
  const char* name;
  std::int64_t bytes;
};
constexpr TypeRow kTypes[] = {
    {TensorType::u8, "U8", 1}, {TensorType::u16, "U16", 2}, {TensorType::f32, "F32", 4}};

const TypeRow& row_of(TensorType type) { return kTypes[static_cast<std::size_t>(type)]; }

struct Entry {
  std::string name;
  StoredTensor tensor;
  std::uint64_t begin = 0, end = 0;
};

/// Product of the shape times the element's size; nothing if a size is negative or it overflows.
std::optional<std::uint64_t> shape_bytes(const std::vector<std::int64_t>& shape,
                                         std::int64_t element) {
  std::int64_t total = element;
  for (const std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(total, size, &total)) return std::nullopt;
  }
  return static_cast<std::uint64_t>(total);
}

class Parser {
 public:
  Parser(const std::string& name, std::string_view bytes) : name_(name), bytes_(bytes) {}

  SafetensorsFile parse() {
    const Json header = parse_header();
    SafetensorsFile file;
    file.json = metadata(header, "nibblesim");
    if (crc32_text(file.json) != metadata(header, "json_crc32")) {
      fail("the metadata was altered: its CRC-32 is not json_crc32");
    }
    std::map<std::uint64_t, Entry> by_offset;
    for (const auto& [key, value] : header.items()) {
      if (key == kMetadata) continue;
      Entry entry = parse_entry(key, value);
      const std::uint64_t begin = entry.begin;
      const auto [place, fresh] = by_offset.emplace(begin, std::move(entry));
      if (!fresh) fail("tensor " + key + " lies upon tensor " + place->second.name);
    }
    check_cover(by_offset);
    if (crc32_text(data_) != metadata(header, "data_crc32")) {
      fail("the data was altered: its CRC-32 is not data_crc32");
    }
    for (auto& [begin, entry] : by_offset) {
      entry.tensor.bytes = data_.substr(begin, entry.end - begin);
      file.tensors.emplace(entry.name, std::move(entry.tensor));
    }
    return file;
  }

 private:
  [[noreturn]] void fail(const std::string& fault) const { throw TraceError(name_, fault); }

  Json parse_header() {
    if (bytes_.size() < kLengthBytes) fail("truncated: shorter than a safetensors header");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
      length |= std::uint64_t{static_cast<unsigned char>(bytes_[i])} << (8 * i);
    }
    if (length > bytes_.size() - kLengthBytes) {
      fail("truncated, or no safetensors file: the header claims " + std::to_string(length) +
           " bytes of the file's " + std::to_string(bytes_.size()));
    }
    const std::string_view text = bytes_.substr(kLengthBytes, length);
    data_ = bytes_.substr(kLengthBytes + length);
    Json header = Json::parse(text.begin(), text.end(), nullptr, false);
    if (!header.is_object()) fail("no safetensors file: its header is no JSON object");
    return header;
  }

  std::string metadata(const Json& header, const char* key) const {
    const auto map = header.find(kMetadata);
    if (map == header.end() || !map->is_object() || !map->contains(key) ||
        !map->at(key).is_string()) {
      fail(std::string("no file of nibblesim train: its metadata has no string ") + key);
    }
    return map->at(key).get<std::string>();
  }

  Entry parse_entry(const std::string& key, const Json& value) const {
    Entry entry;
    entry.name = key;
    const auto bad = [&](const std::string& fault) { fail("tensor " + key + ": " + fault); };
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets")) {
      bad("needs dtype, shape and data_offsets");
    }
    const TypeRow* row = nullptr;
    for (const TypeRow& candidate : kTypes) {
      if (value["dtype"] == candidate.name) row = &candidate;
    }
    if (row == nullptr) bad("dtype " + value["dtype"].dump() + " is not U8, U16 or F32");
    entry.tensor.type = row->type;
    entry.tensor.shape = integers(value["shape"], key);
    const std::vector<std::int64_t> offsets = integers(value["data_offsets"], key);
    if (offsets.size() != 2 || offsets[0] > offsets[1]) bad("data_offsets are not begin and end");
    entry.begin = static_cast<std::uint64_t>(offsets[0]);
    entry.end = static_cast<std::uint64_t>(offsets[1]);
    if (entry.end > data_.size()) {
      bad("ends at byte " + std::to_string(entry.end) + " of " + std::to_string(data_.size()) +
          " data bytes: the file is truncated or an offset is wrong");
    }
    const std::optional<std::uint64_t> size = shape_bytes(entry.tensor.shape, row->bytes);
    if (size != entry.end - entry.begin) bad("its shape does not fit its data_offsets");
    return entry;
  }

  std::vector<std::int64_t> integers(const Json& value, const std::string& key) const {
    std::vector<std::int64_t> result;
    if (!value.is_array()) fail("tensor " + key + ": shape and data_offsets must be lists");
    for (const Json& item : value) {
      if (!item.is_number_unsigned() ||
          item.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        fail("tensor " + key + ": " + item.dump() + " is not a size or offset");
      }
      result.push_back(item.get<std::int64_t>());
    }
    return result;
  }

  void check_cover(const std::map<std::uint64_t, Entry>& by_offset) const {
    std::uint64_t expected = 0;
    for (const auto& [begin, entry] : by_offset) {
      if (begin != expected) {
        fail("tensor " + entry.name + " begins at byte " + std::to_string(begin) + " where byte " +
             std::to_string(expected) + " is next: a bad offset");
      }
      expected = entry.end;
    }
    if (expected != data_.size()) {
      fail("holds " + std::to_string(data_.size()) + " data bytes, its tensors " +
           std::to_string(expected));
    }
  }

  const std::string& name_;
  std::string_view bytes_, data_;
};

}  // namespace

std::int64_t StoredTensor::elements() const {
  std::int64_t total = 1;
  for (const std::int64_t size : shape) total *= size;
  return total;
}

std::string crc32_text(std::string_view bytes) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  char text[9];
  std::snprintf(text, sizeof text, "%08lx", crc32_z(crc32_z(0, nullptr, 0), data, bytes.size()));
  return text;
}

std::string safetensors_bytes(const SafetensorsFile& file) {
  // 4-byte tensors first, then 2, then 1: every tensor is aligned to its element.
  std::string data;
  Json header = Json::object();
  for (const TensorType type : {TensorType::f32, TensorType::u16, TensorType::u8}) {
    for (const auto& [name, tensor] : file.tensors) {
      if (tensor.type != type) continue;
      header[name] = {{"dtype", row_of(type).name},
                      {"shape", tensor.shape},
                      {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
      data += tensor.bytes;
    }
  }
  header[kMetadata] = {{"nibblesim", file.json},
                       {"json_crc32", crc32_text(file.json)},
                       {"data_crc32", crc32_text(data)}};
  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  std::string bytes;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    bytes.push_back(static_cast<char>((text.size() >> (8 * i)) & 0xFF));
  }
  return bytes + text + data;
}

SafetensorsFile parse_safetensors(const std::string& name, std::string_view bytes) {
  return Parser(name, bytes).parse();
}

std::string read_bytes(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  std::string bytes;
  std::size_t got = 0;
  if (file != nullptr) {
    std::array<char, 1 << 16> part{};
    while ((got = std::fread(part.data(), 1, part.size(), file.get())) > 0) {
      bytes.append(part.data(), got);
    }
  }
  // A directory can be opened, but not read.
  if (file == nullptr || std::ferror(file.get()) != 0) {
    throw TraceError(path, std::string("cannot be read: ") + std::strerror(errno));
  }
  return bytes;
}

}  // namespace nibble
