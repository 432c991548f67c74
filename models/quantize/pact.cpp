#include "models/quantize/pact.h"

#include <cmath>
#include <stdexcept>

namespace nibble {

Fp16Code pact_reciprocal(float alpha) {
  if (!(alpha > 0) || !std::isfinite(alpha)) {
    throw std::invalid_argument("PACT alpha must be positive and finite");
  }
  // The binary64 quotient is near enough: a quotient of two binary32 numbers that is no fp16
  // midpoint differs from every midpoint by more than 2^-40 of its size.
  return fp16_from_double(15.0 / static_cast<double>(alpha));
}

}  // namespace nibble
