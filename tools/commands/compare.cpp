#include <limits>
#include <memory>

#include "sim/driver/compare_command.h"
#include "tools/commands/commands.h"
#include "tools/usage_fault.h"

namespace nibble {

void add_compare(CLI::App& app, Job& job) {
  const auto options = std::make_shared<CompareOptions>();
  CLI::App* compare = app.add_subcommand(
      "compare", "Explain what makes two results differ: set-up, causes, layers, energy");
  compare
      ->add_option("A", options->a,
                   "a folder of `nibblesim run -o`, or a result.json: the one before")
      ->required();
  compare->add_option("B", options->b, "the one to hold against it")->required();
  compare->add_option("--top", options->top, "layers to show (default 8)")
      ->check(whole_number(1, std::numeric_limits<std::int32_t>::max()));
  compare->add_flag("--json", options->json, "print the comparison as JSON instead of the page");
  compare->callback([&job, options] { job = [options] { return run_compare(*options); }; });
}

}  // namespace nibble
