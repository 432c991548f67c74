#include "sim/compiler/emitter.h"

#include <algorithm>

namespace nibble {
namespace {

bool same_pieces(const std::vector<Piece>& a, const std::vector<Piece>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Piece& x, const Piece& y) {
    return x.tensor == y.tensor && x.begin == y.begin && x.end == y.end;
  });
}

}  // namespace

void Emitter::Tokens::add(const Program& program, std::uint32_t command) {
  auto& latest = latest_[static_cast<std::size_t>(program.commands[command].unit)];
  latest = std::max(latest, static_cast<std::int64_t>(command));
}

std::vector<std::uint32_t> Emitter::Tokens::list() const {
  std::vector<std::uint32_t> commands;
  for (const std::int64_t command : latest_) {
    if (command >= 0) commands.push_back(static_cast<std::uint32_t>(command));
  }
  return commands;
}

std::uint32_t Emitter::emit(Command command, const Tokens& tokens) {
  command.stage = static_cast<std::uint32_t>(program_.stages.size()) - 1;
  command.waits = tokens.list();
  program_.commands.push_back(std::move(command));
  return static_cast<std::uint32_t>(program_.commands.size()) - 1;
}

void Emitter::open_stage(Stage stage) {
  productions_.clear();
  held_.clear();
  held_ranges_.clear();
  held_tokens_ = {};
  buffer_.clear();
  program_.stages.push_back(std::move(stage));
}

void Emitter::close_stage() { emit({Unit::sequencer, 0, 0, {}, {}, Fence{}}, {}); }

void Emitter::wait_for_producers(const Piece& piece, Tokens& tokens) const {
  for (const Production& production : productions_) {
    if (production.piece.tensor == piece.tensor && production.piece.begin < piece.end &&
        piece.begin < production.piece.end) {
      tokens.add(program_, production.command);
    }
  }
}

ScratchpadRange Emitter::resident_range(const Piece& piece, bool write) const {
  const Bytes base = placement_of(piece).scratchpad_address;
  return {base + piece.begin, base + piece.end, write};
}

/// Brings a piece from DRAM; `tokens` are those of the command that will read it.
ScratchpadRange Emitter::load(const Piece& piece, const StreamBuffer::Grant& grant,
                              Tokens& tokens) {
  Tokens load_tokens;
  wait_for_producers(piece, load_tokens);
  load_tokens.add(program_, grant.earlier_users);
  const std::uint32_t command =
      emit({Unit::dma_load,
            0,
            0,
            {},
            {{grant.begin, grant.end, true}},
            DmaTransfer{placement_of(piece).dram_address + static_cast<std::uint64_t>(piece.begin),
                        piece.end - piece.begin}},
           load_tokens);
  tokens.add(program_, command);
  return {grant.begin, grant.end, false};
}

/// Copies what `maker` wrote at `from` to DRAM.
void Emitter::store(const Piece& piece, ScratchpadRange from, std::uint32_t maker) {
  Tokens tokens;
  tokens.add(program_, maker);
  from.write = false;
  const std::uint32_t command =
      emit({Unit::dma_store,
            0,
            0,
            {},
            {from},
            DmaTransfer{placement_of(piece).dram_address + static_cast<std::uint64_t>(piece.begin),
                        piece.end - piece.begin}},
           tokens);
  if (resident(piece)) return;
  productions_.push_back({piece, command});  // readers find it in DRAM only
  buffer_.add_user(from.begin, from.end, command);
}

void Emitter::replace_held(const Block& block) {
  held_ = block.held;
  held_ranges_.clear();
  held_tokens_ = {};
  Bytes bytes = 0;
  for (const Piece& piece : held_) bytes += resident(piece) ? 0 : piece.end - piece.begin;
  StreamBuffer::Grant rest = buffer_.take_held(bytes);
  for (const Piece& piece : held_) {
    if (resident(piece)) {
      wait_for_producers(piece, held_tokens_);
      held_ranges_.push_back(resident_range(piece, false));
      continue;
    }
    const StreamBuffer::Grant grant{rest.begin, rest.begin + piece.end - piece.begin,
                                    rest.earlier_users};
    rest.begin = grant.end;
    held_ranges_.push_back(load(piece, grant, held_tokens_));
  }
}

void Emitter::emit_block(const Block& block) {
  if (!same_pieces(block.held, held_)) replace_held(block);
  Tokens tokens = held_tokens_;
  std::vector<ScratchpadRange> ranges = held_ranges_;
  std::vector<ScratchpadRange> streamed;  // of `ranges`, those in the stream buffer
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (!resident(held_[i])) streamed.push_back(held_ranges_[i]);
  }
  for (const Piece& piece : block.inputs) {
    if (resident(piece)) {
      wait_for_producers(piece, tokens);
      ranges.push_back(resident_range(piece, false));
    } else {
      ranges.push_back(load(piece, buffer_.take(piece.end - piece.begin), tokens));
      streamed.push_back(ranges.back());
    }
  }
  std::vector<ScratchpadRange> made;  // where each output is written
  for (const Piece& piece : block.outputs) {
    if (resident(piece)) {
      made.push_back(resident_range(piece, true));
      continue;
    }
    const StreamBuffer::Grant grant = buffer_.take(piece.end - piece.begin);
    tokens.add(program_, grant.earlier_users);
    made.push_back({grant.begin, grant.end, true});
    streamed.push_back(made.back());
  }
  ranges.insert(ranges.end(), made.begin(), made.end());

  Command compute;
  compute.unit = block.unit;
  compute.scratchpad = std::move(ranges);
  std::visit([&compute](const auto& body) { compute.body = body; }, block.body);
  const std::uint32_t command = emit(std::move(compute), tokens);
  for (const ScratchpadRange& range : streamed) buffer_.add_user(range.begin, range.end, command);
  for (std::size_t i = 0; i < block.outputs.size(); ++i) {
    const Piece& piece = block.outputs[i];
    if (resident(piece)) productions_.push_back({piece, command});
    if (placement_of(piece).in_dram) store(piece, made[i], command);
  }
}

void Emitter::run(const std::vector<Block>& blocks) {
  for (const Block& block : blocks) emit_block(block);
}

}  // namespace nibble
