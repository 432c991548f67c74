// Whole programs of random networks, judged by the shadow-memory checker; and the checker itself,
// judged by programs that were spoiled on purpose.
#include <cstdlib>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "tests/sim/compiler/program_checker.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

struct Compiled {
  Workload workload;
  CompilerTarget target;
  MappingTable mappings;
  Program program;
};

/// On up to `most_cores` cores; every second network of all kinds of layers.
Compiled compile_random(std::uint64_t seed, int most_cores) {
  Random random(seed);
  const bool any_kind = one_in(random, 2);
  const auto arrays = any_kind ? pick_of(random, {ArrayKind::nibble4_and_fp16, ArrayKind::fp16})
                               : pick_of(random, {ArrayKind::nibble4, ArrayKind::nibble4_and_fp16,
                                                  ArrayKind::nibble4_and_fp16, ArrayKind::fp16});
  ChipConfig chip = random_chip(random, arrays, most_cores);
  if (one_in(random, 3)) chip.tile.acc_rows = static_cast<int>(pick(random, 1, 64));
  WorkloadOptions options;
  options.batch = pick(random, 1, 4);
  options.training = !one_in(random, 5);
  options.precision = arrays != ArrayKind::fp16 ? ChipPrecision::nibble4
                      : one_in(random, 2)       ? ChipPrecision::fp16
                                                : ChipPrecision::fp8;
  Compiled compiled;
  const bool groups = one_in(random, 2);
  compiled.workload =
      build_workload(any_kind ? random_timing_network(random)
                              : random_network(random, arrays != ArrayKind::nibble4, groups),
                     options);
  if (one_in(random, 2)) compiled.mappings = random_mappings(random, compiled.workload, chip);
  fit_buffers(random, compiled.workload, chip, compiled.mappings);
  compiled.target = target_of(chip);
  compiled.program = compile(compiled.workload, compiled.target, compiled.mappings);
  return compiled;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string fault_of(const Compiled& compiled) {
  return test::fault_of(compiled.workload, compiled.target, compiled.program, compiled.mappings);
}

/// A training step with spills: a 4-bit convolution between others, a small scratchpad.
Compiled compile_tight(int cores) {
  Network network;
  network.name = "tight";
  network.input = {8, 8, 3};
  network.classes = 4;
  network.layers = {make_conv("conv1", -1, 8, 3, 1, 1, LayerPrecision::fp16),
                    make_layer("bn1", LayerKind::batch_norm, {0}),
                    make_layer("act1", LayerKind::pact, {1}),
                    make_conv("conv2", 2, 20, 3, 2, 1, LayerPrecision::int4_fp4),
                    make_layer("act2", LayerKind::pact, {3}),
                    make_linear("fc", 4, 4, LayerPrecision::int4_fp4)};
  infer_shapes(network);
  WorkloadOptions options;
  options.batch = 2;
  Compiled compiled;
  compiled.workload = build_workload(network, options);
  compiled.target = target_of(plain_chip());
  compiled.target.cores = cores;
  const Bytes resident = cores == 1 ? 1024 : 2048;  // each core has its own copy of sums
  compiled.target.stream_buffer_bytes =
      smallest_stream_buffer(compiled.workload, compiled.target, resident);
  compiled.target.scratchpad_bytes = compiled.target.stream_buffer_bytes + resident;
  compiled.program = compile(compiled.workload, compiled.target);
  return compiled;
}

}  // namespace

TEST_CASE("Every command of random programs finds what its producer wrote, behind its tokens") {
  const std::uint64_t first = from_environment("NIBBLE_SEED", 1);
  const std::uint64_t draws = from_environment("NIBBLE_DRAWS", 60);
  const auto cores = static_cast<int>(from_environment("NIBBLE_CORES", 6));
  for (std::uint64_t seed = first; seed < first + draws; ++seed) {
    INFO("seed " << seed);
    std::string fault;
    try {
      fault = fault_of(compile_random(seed, cores));
    } catch (const std::logic_error& error) {
      fault = std::string("logic error: ") + error.what();
    }
    CHECK(fault == "");
  }
}

TEST_CASE("No token of a random program points forwards or across a fence") {
  for (std::uint64_t seed = 200; seed < 230; ++seed) {
    INFO("seed " << seed);
    const Program program = compile_random(seed, 6).program;
    std::uint32_t segment = 0;
    for (std::uint32_t i = 0; i < program.commands.size(); ++i) {
      for (const std::uint32_t token : program.commands[i].waits) {
        CHECK(token < i);
        CHECK(token >= segment);
      }
      if (program.commands[i].unit == Unit::sequencer) segment = i + 1;
    }
  }
}

TEST_CASE("Compiling twice gives the same program") {
  const Program a = compile_random(7, 6).program;
  const Program b = compile_random(7, 6).program;
  REQUIRE(a.commands.size() == b.commands.size());
  for (std::size_t i = 0; i < a.commands.size(); ++i) {
    CHECK(a.commands[i].unit == b.commands[i].unit);
    CHECK(a.commands[i].waits == b.commands[i].waits);
    CHECK(a.commands[i].scratchpad.size() == b.commands[i].scratchpad.size());
  }
}

TEST_CASE("The checker accepts the tight program and notices that a token is missing") {
  const int cores = GENERATE(1, 3);
  INFO(cores << " cores");
  const Compiled good = compile_tight(cores);
  REQUIRE(fault_of(good) == "");
  int tokens = 0, tried = 0, noticed = 0;
  for (std::size_t i = 0; i < good.program.commands.size(); ++i) {
    for (std::size_t t = 0; t < good.program.commands[i].waits.size(); ++t) {
      if (++tokens % (4 * cores) != 0) continue;
      ++tried;
      Compiled spoiled = good;
      auto& waits = spoiled.program.commands[i].waits;
      waits.erase(waits.begin() + static_cast<std::ptrdiff_t>(t));
      if (fault_of(spoiled).find("no token") != std::string::npos) ++noticed;
    }
  }
  // The others are implied by a second token or by the order of a unit.
  INFO(noticed << " of " << tried);
  CHECK(tried > 60);
  CHECK(noticed > tried / 4);
}

TEST_CASE("The checker notices a wrong address, a missing transfer and a stale version") {
  const Compiled good = compile_tight(1);
  int transfers = 0, dram_noticed = 0, scratchpad_noticed = 0, missing_noticed = 0;
  for (std::size_t i = 0; i < good.program.commands.size(); ++i) {
    const Unit unit = good.program.commands[i].unit;
    if (unit != Unit::dma_load && unit != Unit::dma_store) continue;
    if (i % 3 != 0) continue;
    ++transfers;
    Compiled spoiled = good;
    Command& command = spoiled.program.commands[i];
    std::get<DmaTransfer>(command.body).dram_address += 2;
    dram_noticed += !fault_of(spoiled).empty();
    command = good.program.commands[i];
    command.scratchpad.front().begin += 2;
    command.scratchpad.front().end += 2;
    scratchpad_noticed += !fault_of(spoiled).empty();
    command = good.program.commands[i];
    std::get<DmaTransfer>(command.body).bytes = 0;
    command.scratchpad.front().end = command.scratchpad.front().begin;
    missing_noticed += !fault_of(spoiled).empty();
  }
  // Unharmed: a piece that an earlier transfer has left at the same place, and rows of which the
  // last block of columns needs only the middle.
  INFO(transfers << " transfers, noticed: DRAM address " << dram_noticed << ", scratchpad address "
                 << scratchpad_noticed << ", missing " << missing_noticed);
  CHECK(transfers > 80);
  CHECK(dram_noticed > transfers * 9 / 10);
  CHECK(scratchpad_noticed > transfers * 9 / 10);
  CHECK(missing_noticed > transfers * 8 / 10);
}

TEST_CASE("The checker notices a ring transfer from or to elsewhere, and a sum that lacks a part") {
  const Compiled good = compile_tight(3);
  int transfers = 0, source_noticed = 0, target_noticed = 0, missing_noticed = 0;
  int sums = 0, lacks_noticed = 0;
  for (std::size_t i = 0; i < good.program.commands.size(); ++i) {
    Compiled spoiled = good;
    Command& command = spoiled.program.commands[i];
    std::vector<ScratchpadRange>& ranges = command.scratchpad;
    if (command.unit == Unit::ring && i % 3 == 0) {
      ++transfers;
      ranges.front().begin += 2;
      ranges.front().end += 2;
      source_noticed += !fault_of(spoiled).empty();
      ranges = good.program.commands[i].scratchpad;
      ranges.back().begin += 2;
      ranges.back().end += 2;
      target_noticed += !fault_of(spoiled).empty();
      std::get<RingTransfer>(command.body).bytes = 0;
      for (ScratchpadRange& range : ranges) range.end = range.begin;
      missing_noticed += !fault_of(spoiled).empty();
    }
    const auto* sfu = std::get_if<SfuCommand>(&command.body);
    const bool adds =
        sfu != nullptr && sfu->steps == std::vector<SfuStep>(2, SfuStep::residual_add);
    if (adds && ranges.size() > 3) {
      ++sums;
      ranges.erase(ranges.begin() + 1);
      lacks_noticed += !fault_of(spoiled).empty();
    }
  }
  INFO(transfers << " transfers, noticed: source " << source_noticed << ", target "
                 << target_noticed << ", missing " << missing_noticed);
  CHECK(transfers > 40);
  CHECK(source_noticed >= transfers * 9 / 10);
  CHECK(target_noticed >= transfers * 8 / 10);  // not every core reads a sum again
  CHECK(missing_noticed > transfers * 8 / 10);
  CHECK(sums > 10);
  CHECK(lacks_noticed == sums);
}

}  // namespace nibble
