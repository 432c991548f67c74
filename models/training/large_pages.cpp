#include "models/training/large_pages.h"

#if defined(__linux__)
#include <cstdint>

#include <sys/mman.h>
#endif

namespace nibble {

void wish_large_pages(void* memory, std::size_t bytes) {
#if defined(__linux__)
  constexpr std::size_t kLargePage = std::size_t{1} << 21;
  // MADV_COLLAPSE of Linux 6.1, which older headers lack. Unlike MADV_HUGEPAGE it takes pages that
  // were touched, as malloc touches both ends of everything.
  constexpr int kCollapse = 25;
  if (bytes < kLargePage / 8) return;
  // Whole large pages, with what else lies in them.
  const auto before =
      static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(memory) % kLargePage);
  char* const first = static_cast<char*>(memory) - before;
  for (std::size_t offset = 0; offset < before + bytes; offset += kLargePage) {
    (void)madvise(first + offset, kLargePage, kCollapse);
  }
#else
  (void)memory;
  (void)bytes;
#endif
}

}  // namespace nibble
