// The table `unit x cases x mismatches` that validate prints while it works.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "sim/driver/validate/unit_check.h"

namespace nibble {

class ValidationTable {
 public:
  /// Prints the head.
  explicit ValidationTable(std::ostream& out);
  /// Runs one unit, prints its row and, below it, its first mismatches.
  void run(const std::string& unit, const std::function<void(UnitCheck&)>& check_unit);
  /// Prints the sums. Returns whether nothing mismatched.
  bool finish();

 private:
  void print_row(const std::string& unit, std::int64_t cases, std::int64_t mismatches,
                 double seconds);

  std::ostream& out_;
  std::int64_t cases_ = 0, mismatches_ = 0;
  double seconds_ = 0;
};

}  // namespace nibble
