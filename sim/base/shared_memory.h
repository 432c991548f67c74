// Memory that a process shares with the children it forks.
#pragma once

#include <cstddef>

namespace nibble {

/// Zero bytes at first. A page costs nothing until somebody touches it, and a fork copies none:
/// children see what their parent writes, and the reverse.
class SharedMemory {
 public:
  /// Throws std::system_error if the machine has no address space left.
  explicit SharedMemory(std::size_t bytes);
  ~SharedMemory();
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  [[nodiscard]] void* data() const { return data_; }

 private:
  std::size_t bytes_;
  void* data_;
};

}  // namespace nibble
