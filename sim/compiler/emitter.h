// Turns blocks into commands: loads into the stream buffer, the compute command, stores, each with
// the tokens that keep it behind the data it reads and the buffer it reuses.
#pragma once

#include <array>
#include <vector>

#include "sim/command/program.h"
#include "sim/compiler/placement.h"
#include "sim/compiler/stream_buffer.h"
#include "sim/compiler/tiling.h"

namespace nibble {

class Emitter {
 public:
  Emitter(const PlacementPlan& placement, Bytes stream_buffer_bytes)
      : placement_(placement), buffer_(stream_buffer_bytes) {}

  void open_stage(Stage stage);
  void run(const std::vector<Block>& blocks);
  /// Everything completes, writes still in the DRAM's queues included: no token crosses a stage.
  void close_stage();
  [[nodiscard]] Program& program() { return program_; }

 private:
  /// The latest command of each unit that must have completed; units complete in order.
  class Tokens {
   public:
    void add(const Program& program, std::uint32_t command);
    void add(const Program& program, const std::vector<std::uint32_t>& commands) {
      for (const std::uint32_t command : commands) add(program, command);
    }
    [[nodiscard]] std::vector<std::uint32_t> list() const;

   private:
    std::array<std::int64_t, kUnits> latest_{-1, -1, -1, -1, -1, -1, -1, -1};
  };
  /// Bytes of a tensor and the command that made them, within the stage.
  struct Production {
    Piece piece;
    std::uint32_t command = 0;
  };

  void emit_block(const Block& block);
  void replace_held(const Block& block);
  ScratchpadRange load(const Piece& piece, const StreamBuffer::Grant& grant, Tokens& tokens);
  void store(const Piece& piece, ScratchpadRange from, std::uint32_t maker);
  [[nodiscard]] ScratchpadRange resident_range(const Piece& piece, bool write) const;
  void wait_for_producers(const Piece& piece, Tokens& tokens) const;
  std::uint32_t emit(Command command, const Tokens& tokens);
  [[nodiscard]] const Placement& placement_of(const Piece& piece) const {
    return placement_.of[static_cast<std::size_t>(piece.tensor)];
  }
  [[nodiscard]] bool resident(const Piece& piece) const {
    return placement_of(piece).resident_in(static_cast<int>(program_.stages.size()) - 1);
  }

  const PlacementPlan& placement_;
  StreamBuffer buffer_;
  Program program_;
  std::vector<Production> productions_;
  std::vector<Piece> held_;
  std::vector<ScratchpadRange> held_ranges_;
  Tokens held_tokens_;
};

}  // namespace nibble
