// The one error of models/trace: a file that cannot be believed. what() is one line, "FILE: what is
// wrong"; the main program prints it and exits with 2.
#pragma once

#include <stdexcept>
#include <string>

namespace nibble {

class TraceError : public std::runtime_error {
 public:
  TraceError(const std::string& file, const std::string& fault)
      : std::runtime_error(file + ": " + fault) {}
};

}  // namespace nibble
