// nibble_report_page_of DATA.json REPORT.html: the page of any data, for the tests of the pages
// that no command writes from a few files.
#include <cstdio>
#include <exception>

#include "sim/base/atomic_file.h"
#include "sim/html/json_file.h"
#include "sim/html/report_page.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    nibble::write_file(argv[2],
                       nibble::report_page(nibble::Json::parse(nibble::read_text(argv[1]))));
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "%s\n", fault.what());
    return 2;
  }
  return 0;
}
