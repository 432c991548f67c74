// A folder for one sweep's results, removed at the end; and what a database says, as one text.
#pragma once

#include <filesystem>
#include <string>

#include <unistd.h>

#include "sim/sweep/point_database.h"

namespace nibble::test {

class SweepFolder {
 public:
  explicit SweepFolder(const std::string& name = "a")
      : path_(std::filesystem::temp_directory_path() /
              ("nibble_sweep_" + std::to_string(getpid()) + name)) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~SweepFolder() { std::filesystem::remove_all(path_); }
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;

  [[nodiscard]] std::string str() const { return path_.string(); }
  [[nodiscard]] std::string database() const { return (path_ / "sweep.db").string(); }

 private:
  std::filesystem::path path_;
};

/// All that does not depend on the machine: a line a point.
inline std::string content_of(const std::string& directory) {
  std::string text;
  const PointDatabase database(directory);
  database.for_each(Layers::read, [&](const DesignPoint& point) {
    text += std::to_string(point.number) + " " + point.key;
    for (const auto& [key, value] : point.settings)
      text.append(" ").append(key).append("=").append(value);
    text += point.is_finished ? " " + point.finished.fault + " " + point.finished.result.dump()
                              : " not run";
    text += "\n";
  });
  return text;
}

}  // namespace nibble::test
