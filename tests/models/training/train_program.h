// nibblesim-train as its user meets it, for tests of the command line.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/models/temporary_folder.h"

namespace nibble::test {

namespace fs = std::filesystem;

struct Outcome {
  int code = 0;
  std::string text;  // standard output and error
};

inline Outcome outcome_of(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> part{};
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    outcome.text.append(part.data(), got);
  }
  outcome.code = WEXITSTATUS(pclose(pipe));
  return outcome;
}

inline Outcome run(const std::string& arguments) {
  return outcome_of(std::string(NIBBLE_TRAIN_PROGRAM) + " " + arguments);
}

inline const std::string kTask = NIBBLE_SOURCE_DIR "/configs/tasks/fashion_mnist_resnet8.yaml";
inline const std::string kTextTask = NIBBLE_SOURCE_DIR "/configs/tasks/bible_transformer.yaml";
inline const std::string kTiny = " --epochs 1 --limit-train 256 --limit-test 100 --set batch=64";

inline std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

}  // namespace nibble::test
