// The half of Emitter that finds out where the bytes of blocks are, and brings those that a core
// does not have into its stream buffer.
#include <algorithm>

#include "sim/compiler/emitter.h"

namespace nibble {
void Emitter::locate(const Piece& piece, int core, const StreamBuffer::Grant& to,
                     std::vector<ScratchpadRange>& ranges, std::vector<ScratchpadRange>& buffered,
                     Tokens& tokens, std::vector<Need>& needs) {
  Bytes next = to.begin;
  const auto need = [&](const Piece& part, int source) {
    if (part.bytes() == 0) return;
    const StreamBuffer::Grant grant{next, next + part.bytes(), to.earlier_users};
    next = grant.end;
    needs.push_back({part, source, core, grant});
    ranges.push_back({grant.begin, grant.end, false, core});
    buffered.push_back(ranges.back());
  };
  if (!resident(piece.tensor)) {
    need(piece, kDram);
    return;
  }
  bring_copy(piece);
  for (const Sharing::Segment& segment : segments_of(piece, core)) {
    if (segment.core != core) {
      need(part_of(piece, segment.begin, segment.end), segment.core);
      continue;
    }
    wait_for_producers({piece.tensor, segment.begin, segment.end}, tokens);
    ranges.push_back(resident_range(piece.tensor, segment, false));
  }
}

/// Tells the buffer who has used the held bytes: block after block uses them, but nobody else can
/// be given them before.
void Emitter::give_up_held(int core) {
  const std::vector<std::uint32_t> users = held(core).users.list();
  for (const ScratchpadRange& range : held(core).buffered) {
    for (const std::uint32_t user : users) buffer(core).add_user(range.begin, range.end, user);
  }
  held(core) = {};
}

/// For a core whose buffer is needed for other than the blocks of an operation.
void Emitter::release_held(int core) {
  give_up_held(core);
  (void)buffer(core).take_held(0);
}

void Emitter::replace_held(const Work& work, std::vector<Need>& needs) {
  give_up_held(work.core);
  Held& held = this->held(work.core);
  held.pieces = work.block->held;
  Bytes bytes = 0;
  for (const Piece& piece : held.pieces) bytes += stream_bytes(context_, piece, work.core);
  StreamBuffer::Grant rest = buffer(work.core).take_held(bytes);
  for (const Piece& piece : held.pieces) {
    held.first_range.push_back(held.ranges.size());
    locate(piece, work.core, rest, held.ranges, held.buffered, held.tokens, needs);
    rest.begin += stream_bytes(context_, piece, work.core);
  }
}

/// What the block reads of what is held. It waits for all of it, as its users do for it.
void Emitter::take_held(Work& work, const Held& held) {
  work.tokens.add(held.tokens);
  const std::size_t unread = work.block->unread_held;
  const std::size_t first =
      unread < held.pieces.size() ? held.first_range[unread] : held.ranges.size();
  work.ranges.insert(work.ranges.begin(), held.ranges.begin() + static_cast<std::ptrdiff_t>(first),
                     held.ranges.end());
}

void Emitter::take_passed(Work& work) {
  std::vector<Passed>& passed = passed_[static_cast<std::size_t>(work.core)];
  for (const Passed& each : passed) {
    ScratchpadRange range = each.range;
    range.write = false;
    work.ranges.push_back(range);
    work.buffered.push_back(range);
    work.tokens.add(program_, each.command);
  }
  passed.clear();
}

void Emitter::prepare(Work& work, std::vector<Need>& needs) {
  if (work.block->held != held(work.core).pieces) replace_held(work, needs);
  if (work.block->takes_passed) take_passed(work);
  for (const Piece& piece : work.block->inputs) {
    const Bytes bytes = stream_bytes(context_, piece, work.core);
    StreamBuffer::Grant grant;
    if (bytes > 0) grant = buffer(work.core).take(bytes);
    locate(piece, work.core, grant, work.ranges, work.buffered, work.tokens, needs);
  }
}

void Emitter::bring_copy(const Piece& piece) {
  // ASSUMED: some DMA descriptors, enough for the DRAM's full rate; a reader of a part waits for no
  // more of them than it needs.
  constexpr Bytes kPartBytes = 64 * 1024;
  const TensorId tensor = piece.tensor;
  if (placement_of(tensor).copied_in != context_.stage) return;
  const Bytes bytes = context_.workload.tensors[static_cast<std::size_t>(tensor)].bytes();
  for (Bytes part = piece.begin / kPartBytes * kPartBytes; part < piece.end; part += kPartBytes) {
    if (!brought_.insert({tensor, part}).second) continue;
    for (const Sharing::Segment& owned :
         context_.sharing.owners(tensor, part, std::min(part + kPartBytes, bytes))) {
      Command command;
      command.unit = Unit::dma_load;
      command.core = owned.core;
      command.scratchpad = {resident_range(tensor, owned, true)};
      command.body =
          DmaTransfer{placement_of(tensor).dram_address + static_cast<std::uint64_t>(owned.begin),
                      owned.end - owned.begin};
      produced({tensor, owned.begin, owned.end}, emit(std::move(command), {}));
    }
  }
}

/// Brings the bytes that all cores of the group need, once.
std::uint32_t Emitter::emit_fetch(const std::vector<const Need*>& group, const Tokens& before) {
  const Need& first = *group.front();
  Tokens tokens = before;
  wait_for_producers(first.piece, tokens);
  Command command;
  const Bytes bytes = first.piece.bytes();
  if (first.source == kDram) {
    command.unit = Unit::dma_load;
    command.core = group[next_loader_++ % group.size()]->core;
    command.body = DmaTransfer{placement_of(first.piece.tensor).dram_address +
                                   static_cast<std::uint64_t>(first.piece.begin),
                               bytes};
  } else {
    command.unit = Unit::ring;
    command.core = first.core;
    command.body = RingTransfer{first.source, bytes};
    const auto owned =
        context_.sharing.owners(first.piece.tensor, first.piece.begin, first.piece.end);
    ScratchpadRange from = resident_range(first.piece.tensor, owned.front(), false);
    from.end = from.begin + bytes;
    command.scratchpad.push_back(from);
  }
  for (const Need* need : group) {
    tokens.add(program_, need->grant.earlier_users);
    command.scratchpad.push_back({need->grant.begin, need->grant.end, true, need->core});
  }
  return emit(std::move(command), tokens);
}

/// Emits each different need once, for all cores that have it.
void Emitter::fetch(const std::vector<Need>& needs, std::vector<Work*>& by_core,
                    const Tokens& before) {
  std::vector<bool> done(needs.size(), false);
  for (std::size_t i = 0; i < needs.size(); ++i) {
    if (done[i]) continue;
    std::vector<const Need*> group;
    for (std::size_t j = i; j < needs.size(); ++j) {
      if (done[j] || needs[j].source != needs[i].source || !(needs[j].piece == needs[i].piece)) {
        continue;
      }
      done[j] = true;
      group.push_back(&needs[j]);
    }
    const std::uint32_t command = emit_fetch(group, before);
    for (const Need* need : group) {
      by_core[static_cast<std::size_t>(need->core)]->tokens.add(program_, command);
      Held& held = this->held(need->core);
      for (const ScratchpadRange& range : held.buffered) {
        if (range.begin <= need->grant.begin && need->grant.end <= range.end) {
          held.tokens.add(program_, command);
        }
      }
    }
  }
}

}  // namespace nibble
