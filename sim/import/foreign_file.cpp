#include "sim/import/foreign_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/base/bad_input.h"

namespace nibble {

std::string read_foreign_file(const std::string& path, const std::string& kind) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw bad_file(path, "is a directory", "allowed is " + kind);
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw bad_file(path, system_fault("cannot be read", errno), "allowed is " + kind);
  return bytes;
}

}  // namespace nibble
