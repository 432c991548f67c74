#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/driver/run_command.h"
#include "tools/commands/commands.h"

namespace nibble {
namespace {

std::optional<Engine> parse_engine(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (name == "rtl") return Engine::rtl;
  if (name == "model") return Engine::model;
  if (name == "timing") return Engine::timing;
  throw BadInput({"--engine", 0, 0}, "", fmt::format("\"{}\" is no engine", name),
                 "allowed rtl, model, timing");
}

/// "1%" or "0.01".
std::optional<double> parse_share(const std::string& text) {
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  double share = std::strtod(text.c_str(), &end);
  if (*end == '%') {
    share /= 100;
    ++end;
  }
  if (end == text.c_str() || *end != 0 || !(share > 0 && share <= 1)) {
    throw BadInput({"--sample", 0, 0}, "", fmt::format("\"{}\" is no share", text),
                   "allowed above 0 up to 1, or up to 100%");
  }
  return share;
}

}  // namespace

void add_run(CLI::App& app, Job& job) {
  struct Options {
    RunOptions run;
    std::string engine, sample;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* run = app.add_subcommand("run", "Simulate an experiment and print its page");
  run->add_option("experiment", options->run.experiment_file, "configs/experiments/NAME.yaml")
      ->required();
  run->add_option("--engine", options->engine,
                  "rtl (Verilated tiles), model (same bits, SIMD) or timing (no values)");
  run->add_option("--set", options->run.sets,
                  "Change a key of the experiment: batch=8, or of its parts: chip.KEY=VALUE, "
                  "network.KEY=VALUE; may repeat")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  run->add_option("-o,--output", options->run.output_directory,
                  "folder for result.json, summary.txt and layers.csv; those of an earlier run are "
                  "replaced");
  run->add_flag("--check", options->run.check,
                "engine rtl without a trace: compare every result with the model's");
  run->add_option(
      "--sample", options->sample,
      "SHARE (1% or 0.01): run only that share of the tile commands through the RTL and "
      "compare them with the model; the others by the closed form");
  run->add_option("--timeline", options->run.timeline.file,
                  "FILE.json or FILE.json.gz: what each unit did when, for ui.perfetto.dev")
      ->type_name("FILE");
  run->add_option("--timeline-window", options->run.timeline.window,
                  "only cycles BEGIN:END, or stages: \"LAYER PASS\" or LAYER, * for any characters")
      ->type_name("WINDOW");
  run->add_option("--timeline-events", options->run.timeline.events,
                  "at most so many events of commands (100000): beyond that, those of a unit that "
                  "follow one another become one")
      ->type_name("COUNT")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100'000'000}));
  run->add_option("--waves", options->run.waves.file,
                  "FILE.fst: signals of the Verilated tile while it runs one command, for GTKWave; "
                  "engine rtl")
      ->type_name("FILE");
  run->add_option("--waves-stage", options->run.waves.stage,
                  "\"LAYER PASS\" of that command; else the first stage that has one")
      ->type_name("STAGE");
  run->add_option("--waves-command", options->run.waves.command,
                  "its number in the stage, as a timeline shows it; else the first of a tile")
      ->type_name("N");
  run->add_flag("--json", options->run.json, "print result.json instead of the page");
  run->callback([&job, options] {
    options->run.engine = parse_engine(options->engine);
    options->run.sample = parse_share(options->sample);
    job = [options] { return run_experiment(options->run); };
  });
}

}  // namespace nibble
