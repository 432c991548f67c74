// Working memory of the SIMD GEMMs: aligned for whole vectors and kept from call to call, because
// fresh pages cost more than packing into them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "hwy/aligned_allocator.h"

namespace nibble {

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// Memory that only grows. Its contents do not survive growing.
template <typename T>
class ScratchBuffer {
 public:
  [[nodiscard]] T* get(std::int64_t count) {
    if (count > size_) {
      memory_ = hwy::AllocateAligned<T>(static_cast<std::size_t>(count));
      size_ = memory_ == nullptr ? 0 : count;
      if (memory_ == nullptr) throw std::bad_alloc();
    }
    return memory_.get();
  }

 private:
  hwy::AlignedFreeUniquePtr<T[]> memory_;
  std::int64_t size_ = 0;
};

}  // namespace nibble
