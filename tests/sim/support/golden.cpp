#include "tests/sim/support/golden.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace nibble::test {

std::string golden_difference(const std::string& file, const std::string& text) {
  const std::string path = std::string(NIBBLE_SOURCE_DIR "/tests/") + file;
  if (std::getenv("NIBBLE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return "";
  }
  std::ifstream stream(path);
  if (!stream) return file + " cannot be read; set NIBBLE_UPDATE_GOLDEN to write it";
  std::istringstream got(text);
  std::string wanted_line, got_line;
  for (int number = 1;; ++number) {
    const bool more_wanted = static_cast<bool>(std::getline(stream, wanted_line));
    const bool more_got = static_cast<bool>(std::getline(got, got_line));
    if (!more_wanted && !more_got) return "";
    if (more_wanted != more_got || wanted_line != got_line) {
      return file + ":" + std::to_string(number) + ": " + (more_wanted ? wanted_line : "(end)") +
             "\nnow: " + (more_got ? got_line : "(end)");
    }
  }
}

}  // namespace nibble::test
