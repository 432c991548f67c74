#include "sim/sweep/deflated_text.h"

#include <zlib.h>

namespace nibble {

std::string deflated(const std::string& text) {
  uLongf length = compressBound(text.size());
  std::string bytes(length, '\0');
  compress(reinterpret_cast<Bytef*>(bytes.data()), &length,
           reinterpret_cast<const Bytef*>(text.data()), text.size());
  bytes.resize(length);
  return bytes;
}

std::optional<std::string> inflated(const std::string& bytes) {
  constexpr std::size_t kMostTimes = 2048;  // above what zlib can reach
  for (std::size_t times = 16; times <= kMostTimes; times *= 4) {
    std::string text(times * bytes.size() + 64, '\0');
    uLongf length = text.size();
    const int state = uncompress(reinterpret_cast<Bytef*>(text.data()), &length,
                                 reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (state == Z_BUF_ERROR) continue;
    if (state != Z_OK) break;
    text.resize(length);
    return text;
  }
  return std::nullopt;
}

}  // namespace nibble
