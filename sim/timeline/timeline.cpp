#include "sim/timeline/timeline.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/timeline/command_slices.h"

namespace nibble {
namespace {

using Json = Timeline::Json;

// Processes of the file, in the order in which they are shown; cores follow.
constexpr int kChipProcess = 1;
constexpr int kMemoryProcess = 2;
constexpr int kFirstCoreProcess = 3;
constexpr int kThreadsAProcess = 16;
constexpr int kStageThread = kChipProcess * kThreadsAProcess;

/// The sequencer's fences and the link are the chip's, all else a core's.
TraceEventFile::Track track_of(const Slice& slice) {
  const bool of_chip = slice.unit == Unit::sequencer || slice.unit == Unit::link;
  const int process = of_chip ? kChipProcess : kFirstCoreProcess + slice.core;
  return {process, process * kThreadsAProcess + 1 + static_cast<int>(slice.unit)};
}

std::string unit_text(Unit unit) { return kUnitNames[static_cast<int>(unit)]; }

std::string wait_text(const SliceWait& wait, int cores) {
  if (!wait.for_token) return "the sequencer to deal it out";
  std::string text = fmt::format("command {}, {}", wait.command, unit_text(wait.unit));
  if (cores > 1) text += fmt::format(" of core {}", wait.core);
  return text;
}

void put_above_zero(Json& json, const char* key, std::int64_t value) {
  if (value > 0) json[key] = value;
}

Json arguments_of(const Slice& slice, int cores) {
  Json json = {{"stage", slice.stage}, {"command", slice.command}};
  if (slice.commands > 1) {
    json["commands"] = slice.commands;
    json["busy_cycles"] = slice.busy;
  }
  json["begin_cycle"] = slice.begin;
  json["cycles"] = slice.end - slice.begin;
  if (!slice.detail.empty()) json["block"] = slice.detail;
  put_above_zero(json, "macs", slice.macs);
  put_above_zero(json, "elements", slice.elements);
  put_above_zero(json, "bytes", slice.bytes);
  put_above_zero(json, "streaming_cycles", slice.streaming);
  put_above_zero(json, "weight_load_cycles", slice.weight_load);
  put_above_zero(json, "fill_drain_cycles", slice.fill_drain);
  if (slice.begun < slice.begin) json["under_way_since_cycle"] = slice.begun;
  if (slice.wait.cycles > 0) {
    json["waited_cycles"] = slice.wait.cycles;
    json["waited_for"] = wait_text(slice.wait, cores);
  }
  return json;
}

std::string stage_name(const Stage& stage) { return stage.layer + " " + stage.pass; }

Json arguments_of(std::size_t index, const Stage& stage, const StageStatistics& statistics) {
  Json json = {{"stage", index},
               {"begin_cycle", statistics.begin},
               {"cycles", statistics.cycles()},
               {"shape", stage.shape}};
  if (!stage.mapping.empty()) json["mapping"] = stage.mapping;
  put_above_zero(json, "macs", stage.macs);
  put_above_zero(json, "dram_bytes_read", statistics.dram_read);
  put_above_zero(json, "dram_bytes_written", statistics.dram_written);
  put_above_zero(json, "streaming_cycles", statistics.streaming);
  for (std::size_t cause = 0; cause < kStallCauseNames.size(); ++cause) {
    const std::string key = "stall_" + std::string(kStallCauseNames[cause]) + "_cycles";
    put_above_zero(json, key.c_str(), statistics.stalls[cause]);
  }
  return json;
}

}  // namespace

Timeline::Timeline(const ChipConfig& chip, const TimelineOptions& options)
    : chip_(chip), options_(options), slices_(options.most_slices) {}

void Timeline::add(const Program& program, const ChipRun& run, const RunStatistics& statistics) {
  StageCommands commands;
  for (std::size_t s = 0; s < program.stages.size(); ++s) {
    commands.begin = commands.end;
    while (commands.end < program.commands.size() && program.commands[commands.end].stage == s) {
      ++commands.end;
    }
    commands_seen_ += commands.end - commands.begin;
    ShownStage shown{stages_seen_ + s, program.stages[s], statistics.stages[s]};
    shown.statistics.begin += cycles_;
    shown.statistics.end += cycles_;
    if (!options_.window.has_stage(stage_name(shown.stage), shown.statistics.begin,
                                   shown.statistics.end)) {
      continue;
    }
    if (!counters_) {
      const TimelineWindow& window = options_.window;
      counters_.emplace(std::max(window.begin(), shown.statistics.begin), window.end());
    }
    stages_.push_back(std::move(shown));
    add_commands(command_slices(program, run, commands));
  }
  stages_seen_ += program.stages.size();
  cycles_ += run.cycles;
}

void Timeline::add_commands(std::vector<Slice> slices) {
  for (Slice& slice : slices) {
    slice.stage += static_cast<std::uint32_t>(stages_seen_);
    slice.begin += cycles_;
    slice.end += cycles_;
    slice.begun += cycles_;
    if (!options_.window.has_cycles(slice.begin, slice.end)) continue;
    ++commands_shown_;
    count(slice);
    slices_.add(std::move(slice));
  }
}

void Timeline::count(const Slice& slice) {
  const auto add = [&](TimelineCount what, std::int64_t amount) {
    counters_->add(what, amount, slice.begin, slice.end);
  };
  if (slice.unit == Unit::dma_load) add(TimelineCount::dram_read, slice.bytes);
  if (slice.unit == Unit::dma_store) add(TimelineCount::dram_written, slice.bytes);
  if (slice.unit != Unit::tile) return;
  add(TimelineCount::array_busy, slice.busy);
  add(TimelineCount::array_streaming, slice.streaming);
}

std::string Timeline::left_out() const {
  std::vector<std::string> parts;
  if (commands_shown_ < commands_seen_) {
    parts.push_back(fmt::format("{} of {} commands are outside the window {}",
                                commands_seen_ - commands_shown_, commands_seen_,
                                options_.window.text()));
  }
  if (slices_.group() > 1) {
    parts.push_back(
        fmt::format("an event stands for up to {} commands that follow one another in a unit",
                    slices_.group()));
  }
  if (slices_.dropped() > 0) {
    parts.push_back(fmt::format("the last {} commands are missing", slices_.dropped()));
  }
  std::string text = fmt::format("{}", fmt::join(parts, "; "));
  if (slices_.group() > 1 || slices_.dropped() > 0) {
    text += fmt::format(" (at most {} events of commands)", options_.most_slices);
  }
  return text;
}

Json Timeline::about_file(const Json& about) const {
  Json json = about;
  json["chip"] = chip_.name;
  json["clock_mhz"] = chip_.clock_mhz;
  json["cycles"] = cycles_;
  json["window"] = options_.window.is_whole_run() ? "all" : options_.window.text();
  json["commands"] = commands_seen_;
  json["commands_shown"] = commands_shown_ - slices_.dropped();
  json["events_of_commands"] = slices_.slices().size();
  json["counter_interval_cycles"] = counters_->interval();
  json["left_out"] = left_out().empty() ? "nothing" : left_out();
  return json;
}

std::string Timeline::name_of(const Slice& slice) const {
  const auto stage =
      std::lower_bound(stages_.begin(), stages_.end(), slice.stage,
                       [](const ShownStage& at, std::uint32_t index) { return at.index < index; });
  const std::string name = stage_name(stage->stage) + " " + slice.kind;
  return slice.commands > 1 ? fmt::format("{} x {}", name, slice.commands) : name;
}

void Timeline::write_stages(TraceEventFile& file) const {
  file.name_process(kChipProcess, chip_.name);
  file.name_thread({kChipProcess, kStageThread}, "stages");
  for (const ShownStage& at : stages_) {
    file.slice({kChipProcess, kStageThread}, stage_name(at.stage), "stage", at.statistics.begin,
               at.statistics.end, arguments_of(at.index, at.stage, at.statistics));
    file.counter(kMemoryProcess, "tensors alive, KiB", at.statistics.begin,
                 {{"KiB", static_cast<double>(at.stage.live_bytes) / 1024}});
  }
}

void Timeline::write_slices(TraceEventFile& file) const {
  std::set<int> processes;
  std::set<int> threads;
  for (const Slice& slice : slices_.slices()) {
    const TraceEventFile::Track track = track_of(slice);
    if (track.process >= kFirstCoreProcess && processes.insert(track.process).second) {
      file.name_process(track.process, fmt::format("core {}", slice.core));
    }
    if (threads.insert(track.thread).second) file.name_thread(track, unit_text(slice.unit));
    file.slice(track, name_of(slice), unit_text(slice.unit), slice.begin, slice.end,
               arguments_of(slice, chip_.cores));
  }
}

void Timeline::write_counters(TraceEventFile& file) const {
  file.name_process(kMemoryProcess, "DRAM");
  const Cycles end = std::min(cycles_, options_.window.end());
  const auto percent_of = [](std::int64_t part, double all) {
    return 100 * static_cast<double>(part) / all;
  };
  TimelineAmounts before;
  before.fill(-1);
  for (std::size_t bin = 0; bin <= counters_->bins().size(); ++bin) {
    const Cycles begin =
        std::min(counters_->origin() + static_cast<Cycles>(bin) * counters_->interval(), end);
    const bool last = bin == counters_->bins().size();
    const TimelineAmounts amounts = last ? TimelineAmounts{} : counters_->bins()[bin];
    if (amounts == before) continue;
    before = amounts;
    const auto cycles =
        static_cast<double>(std::max<Cycles>(1, std::min(counters_->interval(), end - begin)));
    const auto amount = [&](TimelineCount what) { return amounts[static_cast<std::size_t>(what)]; };
    const auto gb_per_s = [&](TimelineCount what) {
      return static_cast<double>(amount(what)) * 1000 /
             (cycles * static_cast<double>(chip_.clock_period_ps));
    };
    file.counter(kMemoryProcess, "DRAM, GB/s", begin,
                 {{"read", gb_per_s(TimelineCount::dram_read)},
                  {"written", gb_per_s(TimelineCount::dram_written)}});
    const double array_cycles = cycles * chip_.cores;
    file.counter(kChipProcess, "main arrays, %", begin,
                 {{"streaming", percent_of(amount(TimelineCount::array_streaming), array_cycles)},
                  {"busy", percent_of(amount(TimelineCount::array_busy), array_cycles)}});
  }
}

void Timeline::write(const std::string& path, bool gzip, const Json& about) const {
  TraceEventFile file(path, gzip, chip_.clock_period_ps, about_file(about));
  write_stages(file);
  write_counters(file);
  write_slices(file);
  file.finish();
}

}  // namespace nibble
