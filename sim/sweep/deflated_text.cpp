#include "sim/sweep/deflated_text.h"

#include <array>
#include <new>

#include <zlib.h>

namespace nibble {
namespace {

constexpr std::size_t kBlockBytes = 1 << 16;

/// zlib's state of a text that is being inflated.
class Inflation {
 public:
  Inflation() {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
  }
  ~Inflation() { inflateEnd(&stream_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

std::string deflated(const std::string& text) {
  uLongf length = compressBound(text.size());
  std::string bytes(length, '\0');
  const int state = compress(reinterpret_cast<Bytef*>(bytes.data()), &length,
                             reinterpret_cast<const Bytef*>(text.data()), text.size());
  if (state != Z_OK) throw std::bad_alloc();  // there is room, so nothing else can be wrong
  bytes.resize(length);
  return bytes;
}

std::optional<std::string> inflated(const std::string& bytes) {
  Inflation inflation;
  z_stream& stream = inflation.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<char, kBlockBytes> block{};
  for (int state = Z_OK; state != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (state == Z_MEM_ERROR) throw std::bad_alloc();
    if (state != Z_OK && state != Z_STREAM_END) return std::nullopt;
    text.append(block.data(), block.size() - stream.avail_out);
  }
  if (stream.avail_in != 0) return std::nullopt;  // something stands behind it
  return text;
}

}  // namespace nibble
