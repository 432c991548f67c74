// Keys of stages: whatever can change a stage's times or counts changes its key, the names of DRAM
// rows do not. Structs are taken apart by structured bindings, so that a new field does not compile
// here before somebody has said whether it matters.
#include "sim/command/stage_key.h"

#include <functional>
#include <map>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

constexpr Bytes kStripe = 1 << 16;
constexpr std::uint64_t kRow = kStripe;

/// Commands of every kind; the constants are their places.
constexpr std::size_t kLoad = 0, kTile = 1, kSfu = 2, kRing = 3, kLink = 4, kStore = 5, kFence = 6;

Command command(Unit unit, std::vector<std::uint32_t> waits, decltype(Command::body) body) {
  Command command;
  command.unit = unit;
  command.waits = std::move(waits);
  command.body = std::move(body);
  return command;
}

Program all_kinds() {
  Program program;
  program.cores = 4;
  program.stages.resize(1);
  auto& commands = program.commands;
  commands.push_back(command(Unit::dma_load, {}, DmaTransfer{3 * kRow + 128, 512}));
  commands.back().scratchpad = {{0, 512, true, 0}, {0, 512, true, 2}};
  TileCommand tile;
  tile.shape = {40, 24, 64};
  tile.g_end = 2;
  tile.m_begin = 8, tile.m_end = 16;
  tile.n_begin = 4, tile.n_end = 20;
  tile.k_begin = 16, tile.k_end = 32;
  commands.push_back(command(Unit::tile, {0}, tile));
  commands.back().scratchpad = {{0, 512, false, 0}, {512, 600, true, 0}};
  commands.push_back(
      command(Unit::sfu, {0, 1}, SfuCommand{{SfuStep::scale, SfuStep::relu}, 44, 132}));
  commands.back().scratchpad = {{512, 600, false, 0}, {600, 644, true, 0}};
  commands.push_back(command(Unit::ring, {2}, RingTransfer{0, 44}));
  commands.back().core = 1;
  commands.back().scratchpad = {{600, 644, false, 0}, {0, 44, true, 1}};
  commands.push_back(command(Unit::link, {3}, LinkTransfer{44}));
  commands.push_back(command(Unit::dma_store, {2, 4}, DmaTransfer{5 * kRow + 256, 1024}));
  commands.back().scratchpad = {{0, 1024, false, 0}};
  commands.push_back(command(Unit::sequencer, {}, Fence{}));
  return program;
}

StageKey key_of(const Program& program) { return stage_key(program, kStripe); }

template <typename Body>
Body& body(Program& program, std::size_t at) {
  return std::get<Body>(program.commands[at].body);
}

using Change = std::function<void(Program&)>;
using Changes = std::map<std::string, Change>;

Changes changes_of_commands() {
  Changes changes;
  const auto add = [&](const std::string& name, std::size_t at, auto change) {
    changes[name] = [at, change](Program& program) {
      auto& [unit, core, stage, waits, scratchpad, body] = program.commands[at];
      static_cast<void>(stage), static_cast<void>(body);  // see below
      change(unit, core, waits, scratchpad);
    };
  };
  using Waits = std::vector<std::uint32_t>;
  using Ranges = std::vector<ScratchpadRange>;
  add("load becomes store", kLoad,
      [](Unit& unit, int&, Waits&, Ranges&) { unit = Unit::dma_store; });
  add("other array", kTile, [](Unit& unit, int&, Waits&, Ranges&) { unit = Unit::fp16_tile; });
  for (const std::size_t at : {kLoad, kTile, kSfu, kRing, kLink, kStore}) {
    const std::string of = " of command " + std::to_string(at);
    add("core" + of, at, [](Unit&, int& core, Waits&, Ranges&) { core = 3; });
  }
  add("token more", kStore, [](Unit&, int&, Waits& waits, Ranges&) { waits.push_back(0); });
  add("token less", kStore, [](Unit&, int&, Waits& waits, Ranges&) { waits.pop_back(); });
  add("other token", kStore, [](Unit&, int&, Waits& waits, Ranges&) { waits.back() = 1; });
  for (const std::size_t at : {kLoad, kRing}) {
    const std::string of = " of command " + std::to_string(at);
    add("receiver more" + of, at, [](Unit&, int&, Waits&, Ranges& ranges) {
      ranges.push_back({0, 44, true, 3});
    });
    add("other receiver" + of, at,
        [](Unit&, int&, Waits&, Ranges& ranges) { ranges.back().core = 3; });
  }
  add("SFU reads less", kSfu, [](Unit&, int&, Waits&, Ranges& ranges) { --ranges[0].end; });
  add("SFU reads from later on", kSfu,
      [](Unit&, int&, Waits&, Ranges& ranges) { ranges[0].begin += 2; });
  add("SFU writes more", kSfu, [](Unit&, int&, Waits&, Ranges& ranges) { ++ranges[1].end; });
  add("SFU writes what it read", kSfu,
      [](Unit&, int&, Waits&, Ranges& ranges) { ranges[0].write = true; });
  changes["command less"] = [](Program& program) { program.commands.pop_back(); };
  changes["fence more"] = [](Program& program) {
    program.commands.push_back(program.commands.back());
  };
  return changes;
}

Changes changes_of_tiles() {
  Changes changes;
  const auto add = [&](const std::string& name, auto change) {
    changes["tile: " + name] = [change](Program& program) {
      change(body<TileCommand>(program, kTile));
    };
  };
  constexpr int kRanges = 8;
  for (int i = 0; i < kRanges; ++i) {
    add("border " + std::to_string(i), [i](TileCommand& tile) {
      auto& [gemm, precision, arithmetic, shape, g0, g1, m0, m1, n0, n1, k0, k1] = tile;
      static_cast<void>(gemm), static_cast<void>(precision);
      static_cast<void>(arithmetic), static_cast<void>(shape);
      std::int64_t* const borders[kRanges] = {&g0, &g1, &m0, &m1, &n0, &n1, &k0, &k1};
      ++*borders[i];
    });
  }
  for (int i = 0; i < 3; ++i) {
    add("dimension " + std::to_string(i), [i](TileCommand& tile) {
      auto& [m, n, k] = tile.shape;
      std::int64_t* const sizes[] = {&m, &n, &k};
      ++*sizes[i];
    });
  }
  add("gemm", [](TileCommand& tile) { ++tile.gemm; });
  add("fp8", [](TileCommand& tile) { tile.precision = TilePrecision::fp8; });
  add("fp16", [](TileCommand& tile) { tile.precision = TilePrecision::fp16; });
  const auto arithmetic = [&](const std::string& name, auto change) {
    add(name, [change](TileCommand& tile) {
      auto& [stream, stationary, accumulator, chunk_len] = tile.arithmetic;
      static_cast<void>(stationary);  // see below
      change(stream, accumulator, chunk_len);
    });
  };
  arithmetic("stream",
             [](StreamFormat& stream, AccumulatorType&, int&) { stream = StreamFormat::fp4_even; });
  arithmetic("accumulator", [](StreamFormat&, AccumulatorType& accumulator, int&) {
    accumulator = AccumulatorType::fp16;
  });
  arithmetic("chunk_len", [](StreamFormat&, AccumulatorType&, int& chunk_len) { chunk_len = 16; });
  return changes;
}

Changes changes_of_transfers() {
  Changes changes;
  for (const std::size_t at : {kLoad, kStore}) {
    const std::string of = " of command " + std::to_string(at);
    const auto add = [&](const std::string& name, auto change) {
      changes[std::string("DMA: ").append(name).append(of)] = [at, change](Program& program) {
        auto& [dram_address, bytes] = body<DmaTransfer>(program, at);
        change(dram_address, bytes);
      };
    };
    add("bytes", [](std::uint64_t&, Bytes& bytes) { ++bytes; });
    add("bytes in one row more", [](std::uint64_t&, Bytes& bytes) { bytes += kStripe; });
    add("address in its row", [](std::uint64_t& address, Bytes&) { address += 64; });
  }
  changes["DMA: both in one row"] = [](Program& program) {
    body<DmaTransfer>(program, kStore).dram_address -= 2 * kRow;
  };
  const auto ring = [&](const std::string& name, auto change) {
    changes["ring: " + name] = [change](Program& program) {
      auto& [from, bytes] = body<RingTransfer>(program, kRing);
      change(from, bytes);
    };
  };
  ring("from", [](int& from, Bytes&) { from = 2; });
  ring("bytes", [](int&, Bytes& bytes) { ++bytes; });
  const auto link = [&](const std::string& name, auto change) {
    changes["link: " + name] = [change](Program& program) {
      auto& [bytes, first] = body<LinkTransfer>(program, kLink);
      change(bytes, first);
    };
  };
  link("bytes", [](Bytes& bytes, bool&) { ++bytes; });
  link("first", [](Bytes&, bool& first) { first = false; });
  const auto sfu = [&](const std::string& name, auto change) {
    changes["sfu: " + name] = [change](Program& program) {
      auto& [steps, elements, port_bytes] = body<SfuCommand>(program, kSfu);
      change(steps, elements, port_bytes);
    };
  };
  using Steps = std::vector<SfuStep>;
  sfu("step more", [](Steps& steps, auto&, auto&) { steps.push_back(SfuStep::cast); });
  sfu("step less", [](Steps& steps, auto&, auto&) { steps.pop_back(); });
  sfu("other step", [](Steps& steps, auto&, auto&) { steps.back() = SfuStep::cast; });
  sfu("elements", [](Steps&, std::int64_t& elements, auto&) { ++elements; });
  sfu("port_bytes", [](Steps&, auto&, Bytes& port_bytes) { ++port_bytes; });
  return changes;
}

Program changed(const Change& change) {
  Program program = all_kinds();
  change(program);
  return program;
}

}  // namespace

TEST_CASE("Stages that differ in one field of one command have different keys") {
  std::map<StageKey, std::string> known = {{key_of(all_kinds()), "unchanged"}};
  for (const Changes& changes :
       {changes_of_commands(), changes_of_tiles(), changes_of_transfers()}) {
    for (const auto& [name, change] : changes) {
      INFO(name);
      const auto [at, is_new] = known.emplace(key_of(changed(change)), name);
      INFO("the same key as: " << at->second);
      CHECK(is_new);
    }
  }
  CHECK(known.size() == 1 + 20 + 17 + 17);
}

TEST_CASE("What neither times nor counts depend on leaves a stage's key alone") {
  const Changes same = {
      {"other rows",
       [](Program& program) {
         body<DmaTransfer>(program, kLoad).dram_address += 7 * kRow;
         body<DmaTransfer>(program, kStore).dram_address += 90 * kRow;
       }},
      {"rows in another order",
       [](Program& program) {
         body<DmaTransfer>(program, kLoad).dram_address += 2 * kRow;
         body<DmaTransfer>(program, kStore).dram_address -= 2 * kRow;
       }},
      // Both formats of the stationary operand have four bits, and no count tells them apart.
      {"stationary format",
       [](Program& program) {
         body<TileCommand>(program, kTile).arithmetic.stationary = StationaryFormat::u4;
       }},
      // Tokens order the accesses; where bytes lie is a matter for the race check alone.
      {"scratchpad addresses",
       [](Program& program) {
         for (Command& command : program.commands) {
           for (ScratchpadRange& range : command.scratchpad) range.begin += 64, range.end += 64;
         }
       }},
      {"stage and names",
       [](Program& program) {
         for (Command& command : program.commands) command.stage = 5;
         program.stages[0].layer = "another";
       }},
  };
  for (const auto& [name, change] : same) {
    INFO(name);
    CHECK(key_of(changed(change)) == key_of(all_kinds()));
  }
}

TEST_CASE("Rows are told apart by where they are used again, not by their numbers") {
  const auto key = [](const std::vector<std::uint64_t>& rows) {
    Program program;
    program.stages.resize(1);
    for (const std::uint64_t row : rows) {
      program.commands.push_back(command(Unit::dma_load, {}, DmaTransfer{row * kRow, 64}));
      program.commands.back().scratchpad = {{0, 64, true, 0}};
    }
    return key_of(program);
  };
  CHECK(key({5, 9, 5}) == key({9, 5, 9}));
  CHECK(key({5, 9, 5}) == key({0, 1, 0}));
  CHECK(key({5, 9, 5}) != key({5, 9, 9}));
  CHECK(key({5, 9, 5}) != key({5, 9, 7}));
  CHECK(key({5, 5, 5}) != key({5, 9, 7}));
}

}  // namespace nibble
