#include "sim/driver/validate.h"

#include <limits>
#include <memory>

#include "tools/commands/commands.h"
#include "tools/usage_fault.h"

namespace nibble {

void add_validate(CLI::App& app, Job& job) {
  const auto options = std::make_shared<ValidateOptions>();
  CLI::App* validate =
      app.add_subcommand("validate", "Check the RTL against reference math and exact arithmetic");
  validate->add_option("--seed", options->seed, "of the random cases (default 1)")
      ->check(whole_number(0, std::numeric_limits<std::int64_t>::max()));
  validate->add_flag("--quick", options->quick, "a twentieth of the random cases");
  validate->add_option("--vectors", options->vectors_file,
                       "check the vectors of this CSV file instead");
  validate->footer(kValidateVectorsHelp);
  validate->callback([&job, options] { job = [options] { return run_validate(*options); }; });
}

}  // namespace nibble
