#include "sim/sweep/content_hash.h"

#include <cerrno>
#include <fstream>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <xxhash.h>

#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

std::string text_of(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::string content_hash(const std::string& bytes) {
  return text_of(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string file_hash(const std::string& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  if (state == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  std::vector<char> block(kBlockBytes);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) ||
         stream.gcount() > 0) {
    XXH3_128bits_update(state.get(), block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (!stream.eof()) throw bad_file(file, system_fault("cannot be read", errno));
  return text_of(XXH3_128bits_digest(state.get()));
}

}  // namespace nibble
