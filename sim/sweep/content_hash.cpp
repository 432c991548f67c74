#include "sim/sweep/content_hash.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <xxhash.h>

#include "sim/base/bad_input.h"

namespace nibble {

std::string content_hash(const std::string& bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string file_hash(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream bytes;
  bytes << stream.rdbuf();
  if (!stream) throw bad_file(file, "cannot be read");
  return content_hash(bytes.str());
}

}  // namespace nibble
