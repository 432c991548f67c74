#include <memory>
#include <string>

#include "sim/driver/import_command.h"
#include "tools/commands/commands.h"

namespace nibble {
namespace {

CLI::App* add_import_format(CLI::App& import, ImportCommandOptions& options,
                            const std::string& format, const std::string& what) {
  CLI::App* command = import.add_subcommand(format, what);
  command->add_option("file", options.file, what)->required();
  command->add_option("-o,--output", options.output_file,
                      "NETWORK.yaml to write; without, the network is printed");
  command->add_option("--name", options.name, "of the network (default: the file's)");
  command->add_option(
      "--precision", options.precision,
      "of all layers but the first, the last and depthwise ones (default int4_fp4)");
  return command;
}

}  // namespace

void add_import(CLI::App& app, Job& job) {
  const auto options = std::make_shared<ImportCommandOptions>();
  CLI::App* import =
      app.add_subcommand("import", "Make a configs/networks file of another program's");
  import->require_subcommand(1);
  CLI::App* onnx = add_import_format(*import, *options, "onnx", "An ONNX file");
  onnx->add_option("--dim", options->dims, "The size of a symbolic dimension; may repeat")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  CLI::App* scalesim = add_import_format(*import, *options, "scalesim",
                                         "A SCALE-Sim topology: convolutions or M,N,K");
  scalesim->add_flag("--round-up", options->round_up,
                     "count a window that hangs over the edge whole, as SCALE-Sim does");
  onnx->callback([&job, options] { job = [options] { return run_import_onnx(*options); }; });
  scalesim->callback(
      [&job, options] { job = [options] { return run_import_scalesim(*options); }; });
}

}  // namespace nibble
