#include "sim/driver/validate/port_driver.h"

#include "sim/tile/port_packing.h"

namespace nibble {

PortDriver::PortDriver(const TileGeometry& geometry, std::uint64_t seed)
    : geometry_(geometry),
      random_(seed),
      acc_filled_(static_cast<std::size_t>(geometry.acc_rows)),
      bank_filled_(static_cast<std::size_t>(geometry.acc_rows)) {
  codes_.a_row.resize(static_cast<std::size_t>(geometry.lanes));
  codes_.b_row.resize(static_cast<std::size_t>(geometry.cols));
  a_words_.resize((codes_.a_row.size() * code_bits() + 31) / 32);
  b_words_.resize((codes_.b_row.size() * code_bits() + 31) / 32);
}

TilePorts PortDriver::next() {
  TilePorts ports;
  choose_row(ports);
  choose_load(ports);
  return ports;
}

void PortDriver::choose_row(TilePorts& ports) {
  const bool loaded = loaded_lanes_ == geometry_.lanes;
  if ((!has_active_ && !loaded) || chance(4)) return;
  ports.a_valid = true;
  ports.a_swap = loaded && (!has_active_ || chance(2));
  if (ports.a_swap) {
    has_active_ = true;
    loaded_lanes_ = 0;
  }
  // Mostly the same few accumulators, so that a sum is needed the clock after it was formed.
  const std::uint64_t any = random_() % static_cast<std::uint64_t>(geometry_.acc_rows);
  const std::size_t acc = chance(4) ? any : any % 3;
  ports.a_acc = static_cast<int>(acc);
  ports.a_fold = acc_filled_[acc] && chance(8);
  std::vector<bool>& filled = ports.a_fold ? bank_filled_ : acc_filled_;
  ports.a_first = !filled[acc] || chance(8);
  filled[acc] = true;
  ports.a_last = chance(2);
  ports.a_format = static_cast<int>(random_() % 4);
  fill(codes_.a_row, a_words_);
  ports.a_row = a_words_.data();
}

/// Lane after lane. A load may start in the clock of the row that swaps to the one before.
void PortDriver::choose_load(TilePorts& ports) {
  if (loaded_lanes_ == geometry_.lanes || chance(8)) return;
  if (loaded_lanes_ == 0) {
    if (has_active_ && chance(3)) return;
    b_signed_ = chance(2);
  }
  ports.b_lane = loaded_lanes_++;
  ports.b_signed = b_signed_;
  fill(codes_.b_row, b_words_);
  ports.b_row = b_words_.data();
}

/// Random codes, now and then mostly one code, so that sums reach the ends of their range.
void PortDriver::fill(std::vector<std::uint16_t>& codes, std::vector<std::uint32_t>& words) {
  const bool extreme = chance(6);
  const std::uint16_t common = random_code();
  for (std::uint16_t& code : codes) code = extreme && !chance(8) ? common : random_code();
  if (nibbles()) {
    const std::vector<NibbleCode> bytes(codes.begin(), codes.end());
    pack_nibble_row(bytes.data(), bytes.size(), words.data(), words.size());
  } else {
    pack_fp16_row(codes.data(), codes.size(), words.data(), words.size());
  }
}

std::uint16_t PortDriver::random_code() {
  const std::uint64_t bits = random_();
  if (nibbles()) return static_cast<std::uint16_t>(bits % 16);
  if (bits % 4096 == 0) return static_cast<std::uint16_t>(bits >> 16);  // may be NaN-infinity
  if (bits % 64 == 0) return 0;
  const unsigned exponent = 27 + static_cast<unsigned>(bits >> 32) % 9;
  return static_cast<std::uint16_t>((bits >> 16 & 0x81FF) | exponent << 9);
}

}  // namespace nibble
