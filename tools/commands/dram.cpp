#include <memory>

#include "sim/driver/dram_command.h"
#include "tools/commands/commands.h"

namespace nibble {

void add_dram(CLI::App& app, Job& job) {
  const auto options = std::make_shared<DramOptions>();
  CLI::App* dram = app.add_subcommand("dram", "Run a memory trace on a DRAM preset alone");
  dram->add_option("trace", options->trace_file,
                   "lines `R|W hex_address [cycle]`, 64 bytes a request")
      ->required();
  dram->add_option("--config", options->config_file, "configs/dram/NAME.yaml")->required();
  dram->add_option("--set", options->sets, "Change a key of that file; may repeat")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  dram->callback([&job, options] { job = [options] { return run_dram(*options); }; });
}

}  // namespace nibble
