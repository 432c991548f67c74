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

}  // namespace nibble
