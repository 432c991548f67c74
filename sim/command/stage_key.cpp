#include "sim/command/stage_key.h"

#include <unordered_map>

#include "sim/command/key_stream.h"

namespace nibble {
namespace {

class StageReader {
 public:
  explicit StageReader(Bytes row_stripe) : row_stripe_(static_cast<std::uint64_t>(row_stripe)) {}

  void read(const Command& command) {
    stream_.put(static_cast<int>(command.unit));
    stream_.put(command.core);
    stream_.put(static_cast<std::uint64_t>(command.waits.size()));
    for (const std::uint32_t token : command.waits) {
      stream_.put(static_cast<std::uint64_t>(token));
    }
    stream_.put(static_cast<std::uint64_t>(command.body.index()));
    std::visit([&](const auto& body) { put(body, command); }, command.body);
  }
  [[nodiscard]] StageKey key() const { return stream_.key(); }

 private:
  void put(const Fence& /*fence*/, const Command& /*command*/) {}
  void put(const DmaTransfer& transfer, const Command& command) {
    stream_.put(transfer.bytes);
    stream_.put(transfer.dram_address % row_stripe_);
    const std::uint64_t first = transfer.dram_address / row_stripe_;
    const std::uint64_t end = transfer.dram_address + static_cast<std::uint64_t>(transfer.bytes);
    for (std::uint64_t row = first; row * row_stripe_ < end; ++row) {
      stream_.put(static_cast<std::uint64_t>(rows_.emplace(row, rows_.size()).first->second));
    }
    put_receivers(command);
  }
  void put(const RingTransfer& transfer, const Command& command) {
    stream_.put(transfer.from);
    stream_.put(transfer.bytes);
    put_receivers(command);
  }
  void put(const LinkTransfer& transfer, const Command& /*command*/) {
    stream_.put(transfer.bytes);
    stream_.put(static_cast<int>(transfer.first));
  }
  void put(const SfuCommand& sfu, const Command& command) {
    stream_.put(static_cast<std::uint64_t>(sfu.steps.size()));
    for (const SfuStep step : sfu.steps) stream_.put(static_cast<int>(step));
    stream_.put(sfu.elements);
    stream_.put(sfu.port_bytes);
    // Counted as scratchpad traffic.
    Bytes read = 0, written = 0;
    for (const ScratchpadRange& range : command.scratchpad) {
      (range.write ? written : read) += range.end - range.begin;
    }
    stream_.put(read);
    stream_.put(written);
  }
  void put(const TileCommand& tile, const Command& /*command*/) {
    stream_.put(static_cast<int>(tile.precision));
    stream_.put(static_cast<int>(tile.arithmetic.stream));
    stream_.put(static_cast<int>(tile.arithmetic.accumulator));
    stream_.put(tile.arithmetic.chunk_len);
    // Where a block lies in its GEMM is no matter of time, but which products the commands of a
    // stage share is checked.
    stream_.put(static_cast<std::uint64_t>(tile.gemm));
    for (const std::int64_t value :
         {tile.shape.m, tile.shape.n, tile.shape.k, tile.g_begin, tile.g_end, tile.m_begin,
          tile.m_end, tile.n_begin, tile.n_end, tile.k_begin, tile.k_end}) {
      stream_.put(value);
    }
  }
  void put_receivers(const Command& command) {
    const std::vector<int> receivers = receivers_of(command);
    stream_.put(static_cast<std::uint64_t>(receivers.size()));
    for (const int core : receivers) stream_.put(core);
  }

  std::uint64_t row_stripe_;
  KeyStream stream_;
  std::unordered_map<std::uint64_t, std::uint64_t> rows_;  // number by first use
};

}  // namespace

StageKey stage_key(const Program& program, Bytes row_stripe_bytes) {
  StageReader reader(row_stripe_bytes);
  for (const Command& command : program.commands) reader.read(command);
  return reader.key();
}

}  // namespace nibble
