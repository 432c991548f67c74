#include "sim/report/page.h"

#include "sim/report/text_layout.h"

namespace nibble {

void Page::heading(const std::string& title) {
  line("\n{}\n{}", title, std::string(title.size(), '-'));
}

void Page::share(const std::string& name, double part, double of, const std::string& value) {
  line("  {:<36}{:>12}{:>7.1f} %  {}", name, value, percent(part, of), bar(part / of, kBarWidth));
}

void Page::add(std::string line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
  text_ += line + '\n';
}

void add_what_ifs(Page& page, const Json& ideal) {
  if (is_set(ideal, "dram")) page.line("WHAT IF: DRAM transfers take no time and no energy");
  if (is_set(ideal, "sfu")) page.line("WHAT IF: SFU work takes no time");
  if (is_set(ideal, "ring"))
    page.line("WHAT IF: transfers between cores and between chips take no time");
  if (is_set(ideal, "array")) page.line("WHAT IF: arrays always compute at their peak rate");
}

}  // namespace nibble
