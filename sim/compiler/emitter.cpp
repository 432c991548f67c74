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

void Emitter::open_stage(Stage stage) {
  // The fence completes everything before it, so no token ever crosses a stage.
  productions_.clear();
  held_.clear();
  held_ranges_.clear();
  held_tokens_ = {};
  held_users_.clear();
  for (Slot& slot : slots_) slot.users.clear();
  program_.stages.push_back(std::move(stage));
  emit({Unit::sequencer, 0, {}, {}, Fence{}}, {});
}

std::uint32_t Emitter::emit(Command command, const Tokens& tokens) {
  command.stage = static_cast<std::uint32_t>(program_.stages.size()) - 1;
  command.waits = tokens.list();
  program_.commands.push_back(std::move(command));
  return static_cast<std::uint32_t>(program_.commands.size()) - 1;
}

void Emitter::wait_for_producers(const Piece& piece, Tokens& tokens) const {
  for (const Production& production : productions_) {
    if (production.piece.tensor == piece.tensor && production.piece.begin < piece.end &&
        piece.begin < production.piece.end) {
      tokens.add(program_, production.command);
    }
  }
}

ScratchpadRange Emitter::bring(const Piece& piece, Bytes& next_address, const Slot& slot,
                               Tokens& tokens) {
  const Placement& place = placement_of(piece);
  if (place.resident) {
    wait_for_producers(piece, tokens);
    return {place.scratchpad_address + piece.begin, place.scratchpad_address + piece.end, false};
  }
  const Bytes bytes = piece.end - piece.begin;
  const ScratchpadRange buffer{next_address, next_address + bytes, true};
  next_address += bytes;
  Tokens load_tokens;
  wait_for_producers(piece, load_tokens);
  for (const std::uint32_t user : slot.users) load_tokens.add(program_, user);
  const std::uint32_t load =
      emit({Unit::dma_load,
            0,
            {},
            {buffer},
            DmaTransfer{place.dram_address + static_cast<std::uint64_t>(piece.begin), bytes}},
           load_tokens);
  tokens.add(program_, load);
  return {buffer.begin, buffer.end, false};
}

void Emitter::replace_held(const Block& block) {
  const Slot old{0, held_users_};
  held_ = block.held;
  held_ranges_.clear();
  held_tokens_ = {};
  held_users_.clear();
  Bytes next_address = 0;
  for (const Piece& piece : held_) {
    held_ranges_.push_back(bring(piece, next_address, old, held_tokens_));
  }
}

void Emitter::emit_block(const Block& block, Slot& slot) {
  if (!same_pieces(block.held, held_)) replace_held(block);
  Tokens tokens = held_tokens_;
  std::vector<ScratchpadRange> ranges = held_ranges_;
  Bytes next_address = slot.base;
  for (const Piece& piece : block.inputs) {
    ranges.push_back(bring(piece, next_address, slot, tokens));
  }
  std::vector<ScratchpadRange> stored;  // buffers of outputs that live in DRAM
  for (const Piece& piece : block.outputs) {
    const Placement& place = placement_of(piece);
    const Bytes base = place.resident ? place.scratchpad_address + piece.begin : next_address;
    ranges.push_back({base, base + piece.end - piece.begin, true});
    if (place.resident) continue;
    stored.push_back({base, base + piece.end - piece.begin, false});
    next_address += piece.end - piece.begin;
    for (const std::uint32_t user : slot.users) tokens.add(program_, user);
  }

  Command compute;
  compute.unit = block.unit;
  compute.scratchpad = std::move(ranges);
  std::visit([&compute](const auto& body) { compute.body = body; }, block.body);
  const std::uint32_t command = emit(std::move(compute), tokens);
  held_users_.push_back(command);
  slot.users = {command};

  std::size_t next_stored = 0;
  for (const Piece& piece : block.outputs) {
    const Placement& place = placement_of(piece);
    if (place.resident) {
      productions_.push_back({piece, command});
      continue;
    }
    Tokens store_tokens;
    store_tokens.add(program_, command);
    const std::uint32_t store =
        emit({Unit::dma_store,
              0,
              {},
              {stored[next_stored++]},
              DmaTransfer{place.dram_address + static_cast<std::uint64_t>(piece.begin),
                          piece.end - piece.begin}},
             store_tokens);
    productions_.push_back({piece, store});
    slot.users.push_back(store);
  }
}

void Emitter::run(const std::vector<Block>& blocks) {
  Bytes held_bytes = 0;
  for (const Block& block : blocks) {
    Bytes bytes = 0;
    for (const Piece& piece : block.held) {
      if (!placement_of(piece).resident) bytes += piece.end - piece.begin;
    }
    held_bytes = std::max(held_bytes, bytes);
  }
  // The slots move when the space for held inputs changes size: wait for their old users then.
  const Bytes slot_bytes = (stream_buffer_bytes_ - held_bytes) / 2;
  if (slots_[0].base != held_bytes || slots_[1].base != held_bytes + slot_bytes) {
    std::vector<std::uint32_t> users = held_users_;
    for (const Slot& slot : slots_) {
      users.insert(users.end(), slot.users.begin(), slot.users.end());
    }
    slots_[0] = {held_bytes, users};
    slots_[1] = {held_bytes + slot_bytes, users};
    held_users_ = users;
  }
  for (const Block& block : blocks) {
    emit_block(block, slots_[next_slot_]);
    next_slot_ ^= 1;
  }
}

}  // namespace nibble
