#include "models/datasets/idx_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <zlib.h>

#include "models/datasets/fashion_mnist.h"

namespace nibble {
namespace {

constexpr std::uint32_t kUnsignedBytes = 0x08;
// Far above any file of this family, far below what would exhaust memory.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

struct CloseGzip {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

class GzipReader {
 public:
  GzipReader(const std::string& path, const std::string& package) : path_(path) {
    errno = 0;
    file_.reset(gzopen(path.c_str(), "rb"));
    if (file_ != nullptr) return;
    const std::string cause = std::strerror(errno);
    throw DatasetError(path, errno == ENOENT ? "missing: install the Debian package " + package
                                             : "cannot be read: " + cause);
  }

  void read(std::uint8_t* bytes, std::int64_t count) {
    while (count > 0) {
      const auto part = static_cast<unsigned>(std::min<std::int64_t>(count, 1 << 20));
      const int got = gzread(file_.get(), bytes, part);
      if (got <= 0) fail();
      bytes += got;
      count -= got;
    }
  }

  /// gzip checks its CRC-32 only when the end is reached; a trailer that is cut off shows only as
  /// an error beside "nothing more to read".
  void expect_end() {
    std::uint8_t extra = 0;
    const int got = gzread(file_.get(), &extra, 1);
    if (got > 0) throw DatasetError(path_, "longer than its header says");
    int error = Z_OK;
    (void)gzerror(file_.get(), &error);
    if (got < 0 || error == Z_BUF_ERROR) fail();
  }

 private:
  [[noreturn]] void fail() {
    int error = Z_OK;
    const char* text = gzerror(file_.get(), &error);
    const bool truncated = error == Z_OK || error == Z_BUF_ERROR || error == Z_STREAM_END;
    throw DatasetError(path_,
                       truncated ? "truncated" : std::string("altered or no gzip file: ") + text);
  }

  const std::string& path_;
  std::unique_ptr<gzFile_s, CloseGzip> file_;
};

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

}  // namespace

IdxFile read_idx(const std::string& path, int rank, const std::string& package) {
  GzipReader reader(path, package);
  std::array<std::uint8_t, 4> word{};
  reader.read(word.data(), 4);
  if (big_endian(word.data()) != (kUnsignedBytes << 8 | static_cast<std::uint32_t>(rank))) {
    throw DatasetError(path, "no IDX file of bytes with " + std::to_string(rank) + " dimensions");
  }
  IdxFile file;
  std::int64_t total = 1;
  for (int i = 0; i < rank; ++i) {
    reader.read(word.data(), 4);
    file.sizes.push_back(big_endian(word.data()));
    if (file.sizes.back() < 1 || file.sizes.back() > kMostBytes / total) {
      throw DatasetError(path, "its sizes are zero or larger than any such dataset");
    }
    total *= file.sizes.back();
  }
  file.bytes.resize(static_cast<std::size_t>(total));
  reader.read(file.bytes.data(), total);
  reader.expect_end();
  return file;
}

}  // namespace nibble
