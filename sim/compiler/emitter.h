// Turns blocks into commands: loads into one of two buffer slots, the compute command, stores, each
// with the tokens that keep it behind the data it reads and the buffer it reuses.
#pragma once

#include <array>
#include <vector>

#include "sim/command/program.h"
#include "sim/compiler/placement.h"
#include "sim/compiler/tiling.h"

namespace nibble {

class Emitter {
 public:
  Emitter(const PlacementPlan& placement, Bytes stream_buffer_bytes)
      : placement_(placement), stream_buffer_bytes_(stream_buffer_bytes) {}

  void open_stage(Stage stage);
  void run(const std::vector<Block>& blocks);
  [[nodiscard]] Program& program() { return program_; }

 private:
  /// The latest command of each unit that must have completed.
  class Tokens {
   public:
    void add(const Program& program, std::uint32_t command);
    [[nodiscard]] std::vector<std::uint32_t> list() const;

   private:
    std::array<std::int64_t, kUnits> latest_{-1, -1, -1, -1, -1, -1};
  };
  /// Bytes of a tensor and the command that made them, within the stage.
  struct Production {
    Piece piece;
    std::uint32_t command = 0;
  };
  struct Slot {
    Bytes base = 0;
    std::vector<std::uint32_t> users;  // commands that must finish before the slot is reused
  };

  void emit_block(const Block& block, Slot& slot);
  void replace_held(const Block& block);
  /// Brings `piece` to where the compute command reads it; returns its scratchpad range.
  ScratchpadRange bring(const Piece& piece, Bytes& next_address, const Slot& slot, Tokens& tokens);
  void wait_for_producers(const Piece& piece, Tokens& tokens) const;
  std::uint32_t emit(Command command, const Tokens& tokens);
  [[nodiscard]] const Placement& placement_of(const Piece& piece) const {
    return placement_.of[static_cast<std::size_t>(piece.tensor)];
  }

  const PlacementPlan& placement_;
  Bytes stream_buffer_bytes_;
  Program program_;
  std::vector<Production> productions_;
  std::array<Slot, 2> slots_;
  std::size_t next_slot_ = 0;
  // Held inputs at the low end of the stream buffer.
  std::vector<Piece> held_;
  std::vector<ScratchpadRange> held_ranges_;
  Tokens held_tokens_;
  std::vector<std::uint32_t> held_users_;
};

}  // namespace nibble
