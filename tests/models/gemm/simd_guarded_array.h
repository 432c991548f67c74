// An array that ends where memory ends: reading or writing beyond it stops the program. The SIMD
// GEMMs load whole vectors, so tests hand them operands of this kind.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

namespace nibble {

template <typename T>
class GuardedArray {
 public:
  explicit GuardedArray(const std::vector<T>& values) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = values.size() * sizeof(T);
    const std::size_t usable = (bytes + page - 1) / page * page;
    mapped_ = usable + page;
    memory_ = static_cast<char*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory_ == MAP_FAILED || mprotect(memory_ + usable, page, PROT_NONE) != 0) {
      throw std::runtime_error("no memory with a guard page");
    }
    data_ = reinterpret_cast<T*>(memory_ + usable - bytes);
    std::copy(values.begin(), values.end(), data_);
  }
  ~GuardedArray() { munmap(memory_, mapped_); }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;

  [[nodiscard]] T* data() { return data_; }

 private:
  char* memory_ = nullptr;
  std::size_t mapped_ = 0;
  T* data_ = nullptr;
};

}  // namespace nibble
