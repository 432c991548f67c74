#include "sim/driver/report_command.h"

#include <fmt/format.h>

#include "sim/base/atomic_file.h"
#include "sim/html/report_page.h"
#include "sim/report/text_layout.h"

namespace nibble {

int write_report(const Json& data, const ReportOptions& options) {
  const std::string page = report_page(data);
  const std::string output =
      options.output_file.empty() ? options.folder + "/report.html" : options.output_file;
  write_file(output, page);
  fmt::print("{}, {}\n", output, bytes_text(static_cast<double>(page.size())));
  return 0;
}

}  // namespace nibble
