// What an FST file says of some signals of a module.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nibble::test {

/// Bits as text, the highest first; by signal.
using WaveValues = std::map<std::string, std::string>;

struct WaveFile {
  /// Signals of the outermost module with their bits.
  std::map<std::string, int> widths;
  std::size_t signals = 0;  // of all modules
  struct Moment {
    std::uint64_t time_ps = 0;
    WaveValues values;  // of the chosen signals, after the changes of this moment
  };
  std::vector<Moment> moments;  // at which any of the chosen signals changed, in order
};

/// Throws std::runtime_error if it is no FST file in picoseconds, or a signal is not in it.
[[nodiscard]] WaveFile read_waves(const std::string& file, const std::vector<std::string>& signals);

/// The moments at which clk_i rises.
[[nodiscard]] std::vector<WaveFile::Moment> rising_edges(const WaveFile& file);

}  // namespace nibble::test
