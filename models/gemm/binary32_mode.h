// How the processor rounds binary32 while an object of this class lives. The FP16 baseline's
// kernels need truncation (fp16_gemm_simd_kernels.cpp says why); scaling their results needs the
// usual mode.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#else
#include <cfenv>
#endif

namespace nibble {

/// Toward zero also makes subnormal results zeros.
enum class Binary32Rounding : std::uint8_t { nearest, toward_zero };

class Binary32Mode {
 public:
#if defined(__SSE2__)
  explicit Binary32Mode(Binary32Rounding rounding) : before_(_mm_getcsr()) {
    constexpr unsigned kTruncating = _MM_ROUND_TOWARD_ZERO | _MM_FLUSH_ZERO_ON;
    _mm_setcsr(rounding == Binary32Rounding::nearest ? before_ & ~kTruncating
                                                     : before_ | kTruncating);
  }
  ~Binary32Mode() { _mm_setcsr(before_); }
#else  // no kernel makes subnormals
  explicit Binary32Mode(Binary32Rounding rounding) : before_(std::fegetround()) {
    std::fesetround(rounding == Binary32Rounding::nearest ? FE_TONEAREST : FE_TOWARDZERO);
  }
  ~Binary32Mode() { std::fesetround(before_); }
#endif
  Binary32Mode(const Binary32Mode&) = delete;
  Binary32Mode& operator=(const Binary32Mode&) = delete;

 private:
#if defined(__SSE2__)
  unsigned before_;
#else
  int before_;
#endif
};

}  // namespace nibble
