#include "models/quantize/signed_pact.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/quantize/sawb.h"

namespace nibble {

Fp16Code signed_pact_reciprocal(float alpha) {
  if (!(alpha > 0) || !std::isfinite(alpha)) {
    throw std::invalid_argument("PACT alpha must be positive and finite");
  }
  return fp16_from_double(static_cast<double>(kSignedPactMaxCode) / static_cast<double>(alpha));
}

NibbleCode signed_pact_quantize(Fp16Code x, Fp16Code reciprocal) {
  return sawb_quantize(fp16_to_float(x), reciprocal);
}

void signed_pact_quantize(const Fp16Code* x, std::size_t count, Fp16Code reciprocal,
                          NibbleCode* codes) {
  constexpr std::size_t kRun = 1024;  // stays in the first-level cache
  float values[kRun];
  for (std::size_t first = 0; first < count; first += kRun) {
    const std::size_t run = std::min(kRun, count - first);
    for (std::size_t i = 0; i < run; ++i) values[i] = fp16_to_float(x[first + i]);
    sawb_quantize(values, run, reciprocal, codes + first);
  }
}

}  // namespace nibble
