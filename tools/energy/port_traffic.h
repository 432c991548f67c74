// What stands at the ports of an nb_tile while it runs a command, clock by clock, from
// TileSchedule: for benches of the RTL and of netlists.
#pragma once

#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "sim/tile/tile_schedule.h"

namespace nibble {

/// Of the MACs that rows issued: all, those that are no padding, those whose streamed code is not
/// zero, those whose other code is not either.
struct MacCounts {
  std::int64_t issued = 0, useful = 0, streamed_nonzero = 0, nonzero = 0;

  MacCounts& operator+=(const MacCounts& other);
};

/// Prints one clock a line, in hexadecimal:
///   b_valid b_signed b_lane b_row  a_valid swap fold first last format acc a_row  valid acc row
/// the last three what must be seen after the edge.
class PortTraffic {
 public:
  explicit PortTraffic(const TileGeometry& geometry, std::FILE* out = stdout,
                       std::int64_t clocks = std::numeric_limits<std::int64_t>::max())
      : geometry_(geometry), out_(out), clocks_(clocks) {}

  /// A command of one group that covers K, until all clocks are printed; then the pipeline drains.
  void play(const TileCommand& command, const std::vector<NibbleCode>& a,
            const std::vector<NibbleCode>& b, const std::vector<Fp16Code>& c);

  [[nodiscard]] std::int64_t clocks() const { return clock_; }
  [[nodiscard]] bool done() const { return clock_ >= clocks_; }
  [[nodiscard]] const MacCounts& macs() const { return macs_; }

 private:
  void clock(const std::string& inputs);
  [[nodiscard]] std::string b_text(const TilePass& pass, int lane) const;
  [[nodiscard]] std::string a_text(const TilePass& pass, int cycle);
  [[nodiscard]] std::string result_text(const TilePass& pass, int acc) const;
  [[nodiscard]] std::vector<NibbleCode> b_row(const TilePass& pass, int lane) const;
  [[nodiscard]] std::int64_t columns(const TilePass& pass) const;
  void count(const TilePass& pass, const std::vector<NibbleCode>& row);

  TileGeometry geometry_;
  std::FILE* out_;
  std::int64_t clocks_;
  const TileCommand* command_ = nullptr;
  const std::vector<NibbleCode>* a_ = nullptr;
  const std::vector<NibbleCode>* b_ = nullptr;
  const std::vector<Fp16Code>* c_ = nullptr;
  std::int64_t clock_ = 0;
  MacCounts macs_;
  std::map<std::int64_t, std::string> due_;
};

}  // namespace nibble
