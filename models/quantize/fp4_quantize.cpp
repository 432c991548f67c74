// The array form of the gradient quantiser; the rule itself is in the header.
#include "models/quantize/fp4_quantize.h"

namespace nibble {

void fp4_quantize(const Fp16Code* __restrict x, std::size_t count, Fp4Phase phase, int gradscale,
                  Fp4Tie tie, NibbleCode* __restrict codes) {
  for (std::size_t i = 0; i < count; ++i) codes[i] = fp4_quantize(x[i], phase, gradscale, tie);
}

}  // namespace nibble
