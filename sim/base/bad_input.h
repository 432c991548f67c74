// The one kind of error a user can cause: a file, option or environment that cannot be used.
// Readers throw it, main() prints what() as one line and exits with 2. Anything that is our own
// fault is not a BadInput.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace nibble {

/// Where an input came from; line and column count from 1, 0 means unknown. `file` may also be an
/// option ("--set engine=rtl") and may be empty.
struct InputPlace {
  std::string file;
  int line = 0;
  int column = 0;
};

/// What programs have to tell apart; people read what().
enum class FaultKind : std::uint8_t {
  other,
  unknown_key,  // the input has no such key, whatever value it would take
  bad_value,    // the key takes no such value: not of its kind, or outside the reader's bounds
};

/// what() is exactly one line, `file:line:column: key: what is wrong, what is allowed`; parts that
/// are unknown (empty, or 0) are left out, control characters in them are shown as '?'.
class BadInput : public std::runtime_error {
 public:
  BadInput(InputPlace place, std::string key, std::string fault, std::string allowed = {},
           FaultKind kind = FaultKind::other);

  /// The same fault, told of another place.
  [[nodiscard]] BadInput at(InputPlace place) const;

  [[nodiscard]] const std::string& file() const { return place_.file; }
  [[nodiscard]] int line() const { return place_.line; }
  [[nodiscard]] int column() const { return place_.column; }
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] const std::string& allowed() const { return allowed_; }
  [[nodiscard]] FaultKind kind() const { return kind_; }

 private:
  InputPlace place_;
  std::string key_, fault_, allowed_;
  FaultKind kind_;
};

/// A bad file as a whole, where no line can be named: `file: fault, allowed`.
[[nodiscard]] BadInput bad_file(const std::string& file, const std::string& fault,
                                const std::string& allowed = {});

/// "CAUSE (system's words for error number)": for faults that come from the operating system.
[[nodiscard]] std::string system_fault(const std::string& cause, int error_number);

}  // namespace nibble
