#include <memory>

#include "sim/driver/describe_command.h"
#include "tools/commands/commands.h"

namespace nibble {

void add_describe(CLI::App& app, Job& job) {
  const auto options = std::make_shared<DescribeOptions>();
  CLI::App* describe = app.add_subcommand(
      "describe", "Print a chip's block diagram, peaks, bandwidths, balance, area and energies");
  describe
      ->add_option("chip", options->chip,
                   "a name of configs/chips, or the path of such a file: edge, my/chip.yaml")
      ->required();
  describe
      ->add_option("--set", options->sets,
                   "Change a key of the chip: tile.lanes=32 (chip.tile.lanes=32 is the same); may "
                   "repeat")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  describe->add_option("--energy", options->energy,
                       "a table of configs/energy instead of the one that the chip names");
  describe->add_flag("--json", options->json, "print the figures as JSON instead of the page");
  describe->callback([&job, options] { job = [options] { return run_describe(*options); }; });
}

}  // namespace nibble
