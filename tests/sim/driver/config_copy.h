// A copy of configs/ that a test may spoil, removed at the end.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

namespace nibble::test {

class ConfigCopy {
 public:
  ConfigCopy()
      : root_(std::filesystem::temp_directory_path() /
              ("nibble_driver_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    std::filesystem::copy(NIBBLE_SOURCE_DIR "/configs", root_ / "configs",
                          std::filesystem::copy_options::recursive);
  }
  ~ConfigCopy() { std::filesystem::remove_all(root_); }
  ConfigCopy(const ConfigCopy&) = delete;
  ConfigCopy& operator=(const ConfigCopy&) = delete;

  /// A path below configs/.
  [[nodiscard]] std::string path(const std::string& file) const {
    return (root_ / "configs" / file).string();
  }
  [[nodiscard]] std::string output() const { return (root_ / "out").string(); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(path(file), std::ios::binary) << text;
  }
  [[nodiscard]] static std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream buffer;
    buffer << file.rdbuf();
    return buffer.str();
  }

 private:
  std::filesystem::path root_;
};

}  // namespace nibble::test
