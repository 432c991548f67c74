#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "tests/sim/compiler/program_walk.h"

namespace nibble::test {

/// Parts of sums, one of each core that has any, become totals.
void ProgramWalk::check_sum(std::uint32_t command, const SfuCommand& sfu, int addends) {
  const auto steps = static_cast<std::size_t>(std::max(addends, 2) - 1);
  if (sfu.steps != std::vector<SfuStep>(steps, SfuStep::residual_add)) {
    fail(command, "is neither work of its operation nor a sum over the cores");
  }
  look(command);
  std::map<Bytes, std::set<int>> parts;  // by byte
  TensorId sums = -1;
  for (const Tag& tag : seen_) {
    if (tag.part == Tag::kTotal || tag.version != progress_.version(tag.tensor, tag.byte) + 1) {
      fail(command, "adds up what is no part of a sum under way");
    }
    if (sums >= 0 && tag.tensor != sums) fail(command, "adds up two tensors");
    sums = tag.tensor;
    if (!parts[tag.byte].insert(tag.part).second) fail(command, "adds a part twice");
  }
  if (parts.empty()) fail(command, "adds up nothing");
  for (const auto& [byte, cores] : parts) {
    if (static_cast<int>(cores.size()) == addends) continue;
    fail(command, fmt::format("adds {} parts of {}", cores.size(), addends));
  }
  const Piece piece{sums, parts.begin()->first, parts.rbegin()->first + 1};
  const auto bytes = static_cast<Bytes>(parts.size());
  if (piece.end - piece.begin != bytes) fail(command, "adds up bytes with a gap between them");
  if (sfu.port_bytes != bytes * (addends + 1)) {
    fail(command, "moves other bytes than its port counts");
  }
  if (sfu.elements * tensor(sums).bits < bytes * 8) fail(command, "adds up too few elements");
  put(command, {{piece, Tag::kTotal}});
}

/// The last exchange went out behind whoever made the piece in this stage, and before the command.
void ProgramWalk::check_exchanged(std::uint32_t command, const Piece& piece) {
  const std::uint32_t exchange = exchanges_.back();
  if (!order_.ends_before(exchange, command)) fail(command, "does not wait for the exchange");
  for (const auto& [made, maker] : makers_) {
    const bool meet = made.begin < piece.end && piece.begin < made.end;
    if (made.tensor != piece.tensor || !meet || order_.ends_before(maker, exchange)) continue;
    fail(exchange, fmt::format("does not wait for command {}, which makes the gradient", maker));
  }
}

void ProgramWalk::check_link(std::uint32_t command, const LinkTransfer& transfer) {
  while (progress_.done()) advance();
  if (progress_.at_end()) fail(command, "belongs to no operation");
  if (std::holds_alternative<GemmWork>(operation().work)) {
    fail(command, "exchanges nothing that the SFU applies");
  }
  exchanges_.push_back(command);
  exchanged_ += transfer.bytes;
}

}  // namespace nibble::test
