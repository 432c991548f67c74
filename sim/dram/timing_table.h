// Every rule between two commands of one channel as one table of minimum distances.
#pragma once

#include <array>

#include "sim/dram/dram_config.h"

namespace nibble {

/// The four commands that address one bank; values of DramCommandKind.
inline constexpr int kBankCommands = 4;

/// after[c][b][n][o]: clocks that must pass from command c to bank b until command n to bank o may
/// be issued; 0 where no rule exists. tFAW and the commands to all banks are not in it.
struct TimingTable {
  using Lanes = std::array<std::int32_t, DramConfig::kMaxBanks>;
  alignas(64) std::array<std::array<std::array<Lanes, kBankCommands>, DramConfig::kMaxBanks>,
                         kBankCommands> after{};
};

[[nodiscard]] TimingTable make_timing_table(const DramConfig& config);

}  // namespace nibble
