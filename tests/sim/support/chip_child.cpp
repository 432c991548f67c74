#include "tests/sim/support/chip_child.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <type_traits>

#include <fmt/format.h>

#include "sim/driver/child_process.h"
#include "sim/driver/synthetic_executor.h"

namespace nibble::test {
namespace {

class RowExecutor : public TileExecutor {
 public:
  TileActivity execute(int /*core*/, Unit /*unit*/, const TileCommand& command) override {
    TileActivity activity;
    activity.cycles = activity.streaming = command.m_end - command.m_begin;
    return activity;
  }
};

template <typename Value>
void put(std::string& bytes, const Value* values, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<Value>);
  bytes.append(reinterpret_cast<const char*>(values), count * sizeof(Value));
}

template <typename Value>
void get(const std::string& bytes, std::size_t& at, Value* values, std::size_t count) {
  std::memcpy(values, bytes.data() + at, count * sizeof(Value));
  at += count * sizeof(Value);
}

std::string pack(const ChildRun& child) {
  std::string bytes;
  put(bytes, &child.run.cycles, 1);
  put(bytes, &child.run.dram, 1);
  put(bytes, &child.compared, 1);
  put(bytes, &child.mismatches, 1);
  const std::uint64_t segments = child.run.segment_dram.size();
  put(bytes, &segments, 1);
  put(bytes, child.run.segment_dram.data(), segments);
  put(bytes, child.run.commands.data(), child.run.commands.size());
  put(bytes, child.run.tile_activities.data(), child.run.tile_activities.size());
  return bytes + child.first_mismatch;
}

ChildRun unpack(const std::string& bytes, std::size_t commands) {
  ChildRun child;
  std::size_t at = 0;
  get(bytes, at, &child.run.cycles, 1);
  get(bytes, at, &child.run.dram, 1);
  get(bytes, at, &child.compared, 1);
  get(bytes, at, &child.mismatches, 1);
  std::uint64_t segments = 0;
  get(bytes, at, &segments, 1);
  child.run.segment_dram.resize(segments);
  get(bytes, at, child.run.segment_dram.data(), segments);
  child.run.commands.resize(commands);
  child.run.tile_activities.resize(commands);
  get(bytes, at, child.run.commands.data(), commands);
  get(bytes, at, child.run.tile_activities.data(), commands);
  child.first_mismatch = bytes.substr(at);
  return child;
}

ChildRun run_in_child(const Program& program, const std::function<ChildRun()>& work) {
  ChildProcess child([&work] { return pack(work()); });
  return unpack(child.result(), program.commands.size());
}

ChildRun counted(ChipRun run, const ComparisonCount& count) {
  return {std::move(run), count.compared, count.mismatches, count.first_mismatch};
}

bool same_activity(const TileActivity& a, const TileActivity& b) {
  return a.cycles == b.cycles && a.streaming == b.streaming && a.fold == b.fold &&
         a.weight_load == b.weight_load && a.fill_drain == b.fill_drain &&
         a.b_rows_loaded == b.b_rows_loaded && a.macs_issued == b.macs_issued &&
         a.macs_useful == b.macs_useful && a.accumulations == b.accumulations;
}

}  // namespace

ChildRun run_timing(const ChipConfig& chip, const Program& program) {
  return run_in_child(program, [&] {
    TimingExecutor executor(chip);
    return ChildRun{run_chip(chip, program, executor), 0, 0, ""};
  });
}

ChildRun run_replay(const ChipConfig& chip, const Program& program, const Trace& trace,
                    Engine engine) {
  return run_in_child(program, [&] {
    ReplayExecutor executor(program, trace, "the random trace", chip, engine);
    return counted(run_chip(chip, program, executor), executor.count());
  });
}

ChildRun run_synthetic(const ChipConfig& chip, const Program& program, std::uint64_t seed,
                       Engine engine, bool check) {
  return run_in_child(program, [&] {
    SyntheticOptions options;
    options.engine = engine;
    options.seed = seed;
    options.check = check;
    SyntheticExecutor executor(program, chip, options);
    return counted(run_chip(chip, program, executor), executor.count());
  });
}

ChildRun run_by_rows(const ChipConfig& chip, const Program& program) {
  return run_in_child(program, [&] {
    RowExecutor executor;
    return ChildRun{run_chip(chip, program, executor), 0, 0, ""};
  });
}

ChildRun run_segments(const ChipConfig& chip, const Program& program,
                      const std::vector<Segment>& order) {
  return run_in_child(program, [&] {
    TimingExecutor executor(chip);
    ChipSimulator simulator(chip);
    ChildRun child;
    child.run.commands.resize(program.commands.size());
    child.run.tile_activities.resize(program.commands.size());
    std::map<std::uint32_t, DramStatistics> dram;  // in the program's order, as of a whole run
    for (const Segment& segment : order) {
      const ChipRun run = simulator.run(program, segment, executor);
      std::copy(run.commands.begin(), run.commands.end(),
                child.run.commands.begin() + segment.begin);
      std::copy(run.tile_activities.begin(), run.tile_activities.end(),
                child.run.tile_activities.begin() + segment.begin);
      child.run.cycles += run.cycles;
      child.run.dram += run.dram;
      dram[segment.begin] = run.dram;
    }
    for (const auto& [begin, of_segment] : dram) child.run.segment_dram.push_back(of_segment);
    return child;
  });
}

std::string difference(const Program& program, const ChipRun& a, const ChipRun& b) {
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const CommandTimes& x = a.commands[i];
    const CommandTimes& y = b.commands[i];
    const char* unit = kUnitNames[static_cast<int>(program.commands[i].unit)];
    if (x.begin != y.begin || x.end != y.end) {
      return fmt::format("command {} ({}): cycles {}..{} against {}..{}", i, unit, x.begin, x.end,
                         y.begin, y.end);
    }
    if (!same_activity(a.tile_activities[i], b.tile_activities[i])) {
      return fmt::format("command {} ({}): activities differ", i, unit);
    }
  }
  if (a.cycles != b.cycles) return fmt::format("{} cycles against {}", a.cycles, b.cycles);
  if (!(a.dram == b.dram)) return "DRAM counts differ";
  if (!(a.segment_dram == b.segment_dram)) return "DRAM counts of a segment differ";
  return "";
}

}  // namespace nibble::test
