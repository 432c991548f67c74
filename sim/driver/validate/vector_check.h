// Vectors from elsewhere against both the reference math and the RTL.
#pragma once

#include <iosfwd>
#include <string>

namespace nibble {

/// Prints the first mismatches (line, expected, reference, RTL) and a table kind x vectors x
/// mismatches. Returns whether nothing mismatched. Throws BadInput as read_vector_file.
[[nodiscard]] bool check_vector_file(const std::string& file, std::ostream& out);

}  // namespace nibble
