// Turns the blocks of all cores into commands: loads into the stream buffers, copies over the ring,
// the compute commands, stores; each with the tokens that keep it behind the data it reads and the
// buffer it reuses. Blocks of the same index run side by side on the cores; what several of them
// need is fetched once and multicast.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/command/program.h"
#include "sim/compiler/placement.h"
#include "sim/compiler/stream_buffer.h"
#include "sim/compiler/tiling.h"

namespace nibble {

class Emitter {
 public:
  /// For one stage of the step; commands are appended to `program`.
  Emitter(const TilingContext& context, Program& program);

  void run(const CoreBlocks& blocks);
  /// The same with gradients that chips of a data-parallel group exchange before the blocks that
  /// read them.
  void run_exchanged(const CoreBlocks& blocks, Bytes gradient_bytes);
  /// Adds up the copies of a sum (Sharing::replicated) of those cores that have `summed`, so that
  /// every core has the total.
  void add_up(TensorId sums, const std::vector<int>& summed);

 private:
  /// The latest command of each unit of each core that must have completed; units complete in
  /// order.
  class Tokens {
   public:
    void add(const Program& program, std::uint32_t command);
    void add(const Program& program, const std::vector<std::uint32_t>& commands) {
      for (const std::uint32_t command : commands) add(program, command);
    }
    void add(const Tokens& other);
    [[nodiscard]] std::vector<std::uint32_t> list() const;

   private:
    void raise(int key, std::uint32_t command);
    std::vector<std::pair<int, std::uint32_t>> latest_;  // by core and unit
  };
  /// Bytes of a tensor and the command that made them, within the stage.
  struct Production {
    Bytes begin = 0, end = 0;
    std::uint32_t command = 0;
  };
  /// Bytes that one core must have in its stream buffer.
  struct Need {
    Piece piece;
    int source = kDram;  // or the core that owns them
    int core = 0;
    StreamBuffer::Grant grant;
  };
  /// A compute command in the making.
  struct Work {
    int core = 0;
    const Block* block = nullptr;
    Tokens tokens;
    std::vector<ScratchpadRange> ranges;
    std::vector<ScratchpadRange> buffered;  // of them, those in the stream buffer
  };
  /// What a core holds for the blocks that follow.
  struct Held {
    std::vector<Piece> pieces;
    std::vector<std::size_t> first_range;  // by piece, in `ranges`
    std::vector<ScratchpadRange> ranges;
    std::vector<ScratchpadRange> buffered;
    Tokens tokens;
    Tokens users;  // of the buffered ranges, which the buffer learns of when they are given up
  };
  /// A part of a sum over the cores, in its core's stream buffer.
  struct PartialSum {
    Piece piece;
    int core = 0;
    ScratchpadRange range;
    std::uint32_t command = 0;
  };
  /// Bytes that a block has passed to the next one of its core, in the stream buffer.
  struct Passed {
    ScratchpadRange range;
    std::uint32_t command = 0;
  };
  static constexpr int kDram = -1;

  void run_round(const std::vector<std::pair<int, const Block*>>& round, const Tokens& before);
  void run_partial_sums(const CoreBlocks& blocks);
  void add_partial_sums();
  void add_partial_sums(const Piece& sum, Bytes offset, int adder);
  void prepare(Work& work, std::vector<Need>& needs);
  void take_passed(Work& work);
  static void take_held(Work& work, const Held& held);
  [[nodiscard]] ScratchpadRange copy_range(const Piece& sums, int core, bool write) const;
  std::uint32_t add_copies(const Piece& sums, const std::vector<int>& summed, int adder);
  void spread(const Piece& sums, int from, const Tokens& made);
  void give_up_held(int core);
  void release_held(int core);
  void replace_held(const Work& work, std::vector<Need>& needs);
  /// Where a core finds a piece: resident bytes of its own, and what it must fetch, in `to`.
  void locate(const Piece& piece, int core, const StreamBuffer::Grant& to,
              std::vector<ScratchpadRange>& ranges, std::vector<ScratchpadRange>& buffered,
              Tokens& tokens, std::vector<Need>& needs);
  /// Brings what is not there yet of the copy that the stage has of a tensor in DRAM
  /// (Placement::copied_in).
  void bring_copy(const Piece& piece);
  void fetch(const std::vector<Need>& needs, std::vector<Work*>& by_core, const Tokens& before);
  std::uint32_t emit_fetch(const std::vector<const Need*>& group, const Tokens& before);
  std::uint32_t compute(Work& work);
  void place_outputs(Work& work, std::vector<std::pair<Piece, ScratchpadRange>>& made);
  void deliver(const Work& work, std::uint32_t command,
               const std::vector<std::pair<Piece, ScratchpadRange>>& made);
  void store(const Piece& piece, ScratchpadRange from, std::uint32_t maker);
  [[nodiscard]] ScratchpadRange resident_range(TensorId tensor, const Sharing::Segment& segment,
                                               bool write) const;
  [[nodiscard]] std::vector<Sharing::Segment> segments_of(const Piece& piece, int core) const;
  void wait_for_producers(const Piece& piece, Tokens& tokens) const;
  void produced(const Piece& piece, std::uint32_t command);
  std::uint32_t emit(Command command, const Tokens& tokens);
  [[nodiscard]] const Placement& placement_of(TensorId tensor) const {
    return context_.placement.of[static_cast<std::size_t>(tensor)];
  }
  [[nodiscard]] bool resident(TensorId tensor) const {
    return placement_of(tensor).resident_in(context_.stage);
  }
  [[nodiscard]] StreamBuffer& buffer(int core) { return buffers_[static_cast<std::size_t>(core)]; }
  [[nodiscard]] Held& held(int core) { return held_[static_cast<std::size_t>(core)]; }

  const TilingContext& context_;
  Program& program_;
  std::uint32_t stage_;
  std::vector<StreamBuffer> buffers_;
  std::vector<Held> held_;
  std::map<TensorId, std::vector<Production>> productions_;
  std::set<std::pair<TensorId, Bytes>> brought_;  // parts of copies, by their first byte
  std::vector<PartialSum> partial_sums_;          // of the block under way
  std::vector<std::vector<Passed>> passed_;       // by core
  std::size_t next_loader_ = 0;  // DMA of which receiver executes the next multicast
};

}  // namespace nibble
