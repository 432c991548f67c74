#include <memory>

#include "sim/driver/report_command.h"
#include "sim/html/report_data.h"
#include "sim/sweep/sweep_report.h"
#include "tools/commands/commands.h"

namespace nibble {

void add_report(CLI::App& app, Job& job) {
  const auto options = std::make_shared<ReportOptions>();
  CLI::App* report = app.add_subcommand(
      "report", "Write a run, a sweep or a training as one HTML file, made for reading");
  report
      ->add_option("folder", options->folder,
                   "what `nibblesim run -o`, `sweep -o` or `train -o` wrote")
      ->required()
      ->type_name("DIR");
  report->add_option("-o,--output", options->output_file,
                     "the file to write; default is report.html in DIR");
  report->callback([&job, options] {
    job = [options] {
      const std::string& folder = options->folder;
      return write_report(holds_sweep(folder) ? sweep_report(folder) : report_data(folder),
                          *options);
    };
  });
}

}  // namespace nibble
