#include "sim/dram/dram_statistics.h"

namespace nibble {

DramStatistics& DramStatistics::operator+=(const DramStatistics& other) {
  for (std::size_t i = 0; i < commands.size(); ++i) commands[i] += other.commands[i];
  bytes_read += other.bytes_read;
  bytes_written += other.bytes_written;
  row_hits += other.row_hits;
  data_bus_busy_clocks += other.data_bus_busy_clocks;
  active_clocks += other.active_clocks;
  return *this;
}

bool DramStatistics::operator==(const DramStatistics& other) const {
  return commands == other.commands && bytes_read == other.bytes_read &&
         bytes_written == other.bytes_written && row_hits == other.row_hits &&
         data_bus_busy_clocks == other.data_bus_busy_clocks && active_clocks == other.active_clocks;
}

DramStatistics& DramStatistics::operator-=(const DramStatistics& earlier) {
  for (std::size_t i = 0; i < commands.size(); ++i) commands[i] -= earlier.commands[i];
  bytes_read -= earlier.bytes_read;
  bytes_written -= earlier.bytes_written;
  row_hits -= earlier.row_hits;
  data_bus_busy_clocks -= earlier.data_bus_busy_clocks;
  active_clocks -= earlier.active_clocks;
  return *this;
}

}  // namespace nibble
