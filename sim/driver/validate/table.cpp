#include "sim/driver/validate/table.h"

#include <chrono>
#include <ostream>

#include <fmt/format.h>

namespace nibble {
namespace {

/// 12345678 as "12,345,678".
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

ValidationTable::ValidationTable(std::ostream& out) : out_(out) {
  out_ << fmt::format("{:<44} {:>12} {:>11} {:>8}\n", "unit", "cases", "mismatches", "seconds");
}

void ValidationTable::print_row(const std::string& unit, std::int64_t cases,
                                std::int64_t mismatches, double seconds) {
  out_ << fmt::format("{:<44} {:>12} {:>11} {:>8.2f}\n", unit, grouped(cases), grouped(mismatches),
                      seconds)
       << std::flush;
}

void ValidationTable::run(const std::string& unit,
                          const std::function<void(UnitCheck&)>& check_unit) {
  const auto start = std::chrono::steady_clock::now();
  std::int64_t cases = 0;
  std::int64_t mismatches = 0;
  std::vector<std::string> examples;
  {
    UnitCheck check(unit);  // its progress line is gone when the row is printed
    check_unit(check);
    cases = check.cases();
    mismatches = check.mismatches();
    examples = check.examples();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  print_row(unit, cases, mismatches, seconds.count());
  for (const std::string& example : examples) out_ << "    " << example << '\n';
  cases_ += cases;
  mismatches_ += mismatches;
  seconds_ += seconds.count();
}

bool ValidationTable::finish() {
  print_row("all", cases_, mismatches_, seconds_);
  return mismatches_ == 0;
}

}  // namespace nibble
