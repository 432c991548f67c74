#include "sim/compiler/emitter.h"

#include <algorithm>

namespace nibble {

void Emitter::Tokens::raise(int key, std::uint32_t command) {
  for (auto& [at, latest] : latest_) {
    if (at != key) continue;
    latest = std::max(latest, command);
    return;
  }
  latest_.emplace_back(key, command);
}

void Emitter::Tokens::add(const Program& program, std::uint32_t command) {
  const Command& at = program.commands[command];
  raise(at.core * kUnits + static_cast<int>(at.unit), command);
}

void Emitter::Tokens::add(const Tokens& other) {
  for (const auto& [key, command] : other.latest_) raise(key, command);
}

std::vector<std::uint32_t> Emitter::Tokens::list() const {
  std::vector<std::uint32_t> commands;
  for (const auto& [key, command] : latest_) commands.push_back(command);
  std::sort(commands.begin(), commands.end());
  return commands;
}

Emitter::Emitter(const TilingContext& context, Program& program)
    : context_(context),
      program_(program),
      stage_(static_cast<std::uint32_t>(program.stages.size()) - 1),
      buffers_(static_cast<std::size_t>(context.sharing.cores()),
               StreamBuffer(context.target.stream_buffer_bytes)),
      held_(static_cast<std::size_t>(context.sharing.cores())),
      passed_(static_cast<std::size_t>(context.sharing.cores())) {}

std::uint32_t Emitter::emit(Command command, const Tokens& tokens) {
  command.stage = stage_;
  command.waits = tokens.list();
  program_.commands.push_back(std::move(command));
  return static_cast<std::uint32_t>(program_.commands.size()) - 1;
}

void Emitter::wait_for_producers(const Piece& piece, Tokens& tokens) const {
  const auto found = productions_.find(piece.tensor);
  if (found == productions_.end()) return;
  for (const Production& production : found->second) {
    if (production.begin < piece.end && piece.begin < production.end) {
      tokens.add(program_, production.command);
    }
  }
}

void Emitter::produced(const Piece& piece, std::uint32_t command) {
  productions_[piece.tensor].push_back({piece.begin, piece.end, command});
}

std::vector<Sharing::Segment> Emitter::segments_of(const Piece& piece, int core) const {
  if (context_.sharing.replicated(piece.tensor)) {
    return {{core, piece.begin, piece.end, piece.begin}};
  }
  return context_.sharing.owners(piece.tensor, piece.begin, piece.end);
}

ScratchpadRange Emitter::resident_range(TensorId tensor, const Sharing::Segment& segment,
                                        bool write) const {
  const Bytes begin = placement_of(tensor).address_in(context_.stage) + segment.local;
  return {begin, begin + segment.end - segment.begin, write, segment.core};
}

/// Where the outputs are written: at home if the core owns them, else in its stream buffer.
void Emitter::place_outputs(Work& work, std::vector<std::pair<Piece, ScratchpadRange>>& made) {
  const auto in_buffer = [&](const Piece& piece) {
    const StreamBuffer::Grant grant = buffer(work.core).take(piece.end - piece.begin);
    work.tokens.add(program_, grant.earlier_users);
    made.push_back({piece, {grant.begin, grant.end, true, work.core}});
    work.buffered.push_back(made.back().second);
  };
  for (const Piece& piece : work.block->passed) in_buffer(piece);
  for (const Piece& piece : work.block->outputs) {
    if (!resident(piece.tensor) || work.block->partial_sums) {
      in_buffer(piece);
      continue;
    }
    for (const Sharing::Segment& segment : segments_of(piece, work.core)) {
      const Piece part{piece.tensor, segment.begin, segment.end};
      if (segment.core == work.core) {
        made.push_back({part, resident_range(piece.tensor, segment, true)});
      } else {
        in_buffer(part);
      }
    }
  }
}

/// Copies what `maker` wrote at `from` to DRAM.
void Emitter::store(const Piece& piece, ScratchpadRange from, std::uint32_t maker) {
  Tokens tokens;
  tokens.add(program_, maker);
  from.write = false;
  Command command;
  command.unit = Unit::dma_store;
  command.core = from.core;
  command.scratchpad = {from};
  command.body =
      DmaTransfer{placement_of(piece.tensor).dram_address + static_cast<std::uint64_t>(piece.begin),
                  piece.end - piece.begin};
  const std::uint32_t stored = emit(std::move(command), tokens);
  if (from.begin < context_.target.stream_buffer_bytes) {
    buffer(from.core).add_user(from.begin, from.end, stored);
  }
  if (!resident(piece.tensor)) produced(piece, stored);  // readers find it in DRAM only
}

/// Brings outputs to their owners and to DRAM.
void Emitter::deliver(const Work& work, std::uint32_t command,
                      const std::vector<std::pair<Piece, ScratchpadRange>>& made) {
  const std::size_t passed = work.block->passed.size();
  for (std::size_t i = 0; i < passed; ++i) {
    passed_[static_cast<std::size_t>(work.core)].push_back({made[i].second, command});
  }
  for (std::size_t i = passed; i < made.size(); ++i) {
    const auto& [piece, range] = made[i];
    if (work.block->partial_sums) {
      partial_sums_.push_back({piece, work.core, range, command});
      continue;
    }
    if (resident(piece.tensor)) {
      const Sharing::Segment home = segments_of(piece, work.core).front();
      std::uint32_t maker = command;
      if (home.core != work.core) {
        Tokens tokens;
        tokens.add(program_, command);
        Command copy;
        copy.unit = Unit::ring;
        copy.core = home.core;
        copy.body = RingTransfer{work.core, piece.end - piece.begin};
        copy.scratchpad = {{range.begin, range.end, false, work.core},
                           resident_range(piece.tensor, home, true)};
        maker = emit(std::move(copy), tokens);
        buffer(work.core).add_user(range.begin, range.end, maker);
      }
      produced(piece, maker);
    }
    if (placement_of(piece.tensor).in_dram) store(piece, range, command);
  }
}

std::uint32_t Emitter::compute(Work& work) {
  Command command;
  command.unit = work.block->unit;
  command.core = work.core;
  command.scratchpad = std::move(work.ranges);
  std::visit([&command](const auto& body) { command.body = body; }, work.block->body);
  const std::uint32_t index = emit(std::move(command), work.tokens);
  for (const ScratchpadRange& range : work.buffered) {
    buffer(work.core).add_user(range.begin, range.end, index);
  }
  return index;
}

void Emitter::run_round(const std::vector<std::pair<int, const Block*>>& round,
                        const Tokens& before) {
  std::vector<Work> works(round.size());
  std::vector<Work*> by_core(buffers_.size(), nullptr);
  std::vector<Need> needs;
  for (std::size_t i = 0; i < round.size(); ++i) {
    works[i].core = round[i].first;
    works[i].block = round[i].second;
    works[i].tokens = before;
    by_core[static_cast<std::size_t>(works[i].core)] = &works[i];
    prepare(works[i], needs);
  }
  fetch(needs, by_core, before);
  for (Work& work : works) {
    Held& held = this->held(work.core);
    take_held(work, held);
    std::vector<std::pair<Piece, ScratchpadRange>> made;
    place_outputs(work, made);
    for (const auto& [piece, range] : made) work.ranges.push_back(range);
    const std::uint32_t command = compute(work);
    held.users.add(program_, command);
    deliver(work, command, made);
  }
}

void Emitter::run_exchanged(const CoreBlocks& blocks, Bytes gradient_bytes) {
  std::size_t rounds = 0;
  for (std::size_t core = 0; core < blocks.size(); ++core) {
    rounds = std::max(rounds, blocks[core].size());
    if (blocks[core].empty()) release_held(static_cast<int>(core));
  }
  for (std::size_t i = 0; i < rounds; ++i) {
    std::vector<std::pair<int, const Block*>> round;
    for (std::size_t core = 0; core < blocks.size(); ++core) {
      if (i < blocks[core].size()) round.emplace_back(static_cast<int>(core), &blocks[core][i]);
    }
    Tokens before;
    if (gradient_bytes > 0) {
      const auto count = static_cast<Bytes>(rounds);
      const auto at = static_cast<Bytes>(i);
      Tokens made;
      for (const auto& [core, block] : round) {
        for (const Piece& piece : block->inputs) wait_for_producers(piece, made);
      }
      Command exchange;
      exchange.unit = Unit::link;
      // ASSUMED: gradients this small (norms) travel with the next larger tensor's.
      constexpr Bytes kOwnMessage = 16 * 1024;
      const Bytes bytes = gradient_bytes * (at + 1) / count - gradient_bytes * at / count;
      exchange.body = LinkTransfer{bytes, i == 0 && gradient_bytes >= kOwnMessage};
      before.add(program_, emit(std::move(exchange), made));
    }
    run_round(round, before);
  }
}

void Emitter::run(const CoreBlocks& blocks) {
  const bool partial_sums = std::any_of(blocks.begin(), blocks.end(), [](const auto& of_core) {
    return !of_core.empty() && of_core.front().partial_sums;
  });
  if (partial_sums) {
    run_partial_sums(blocks);
  } else {
    run_exchanged(blocks, 0);
  }
}

}  // namespace nibble
