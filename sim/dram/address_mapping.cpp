#include "sim/dram/address_mapping.h"

namespace nibble {
namespace {

[[nodiscard]] int log2_exact(std::int64_t value) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < value) ++bits;
  return bits;
}

}  // namespace

ChannelInterleave::ChannelInterleave(const DramConfig& config)
    : channels_(config.channels()),
      block_bits_(log2_exact(config.parameters().channel_interleave_bytes / config.burst_bytes())) {
}

AddressDecoder::AddressDecoder(const DramConfig& config) {
  const DramParameters& p = config.parameters();
  int shift = 0;
  const auto take = [&shift](Field& field, std::int64_t count) {
    field.shift = shift;
    field.mask = static_cast<std::uint64_t>(count) - 1;
    shift += log2_exact(count);
  };
  if (p.mapping == AddressMapping::ro_ba_co_bg_ch) take(group_, p.bank_groups);
  take(column_, config.bursts_per_row());
  if (p.mapping == AddressMapping::ro_ba_ra_co_ch) take(group_, p.bank_groups);
  take(bank_, p.banks_per_group);
  take(row_, p.rows_per_bank);
  bank_bits_ = log2_exact(p.banks_per_group);
}

}  // namespace nibble
