#include "sim/driver/compare_command.h"

#include <fmt/format.h>

#include "sim/report/comparison.h"
#include "sim/report/result_file.h"

namespace nibble {

int run_compare(const CompareOptions& options) {
  const Json a = read_result(options.a);
  const Json b = read_result(options.b);
  Json compared = comparison(a, b);
  compared["a"]["file"] = options.a;
  compared["b"]["file"] = options.b;
  fmt::print("{}", options.json ? compared.dump(1) + "\n" : comparison_page(compared, options.top));
  return 0;
}

}  // namespace nibble
