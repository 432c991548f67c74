// What the tests of whole passes share: random convolutions, and every set of kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "models/gemm/gemm_simd.h"
#include "models/gemm/packed_kernels.h"
#include "models/layers/conv_lowering.h"

namespace nibble::test {

constexpr std::uint64_t kPackedSeed = 9;

inline std::string text(const ConvShape& conv, const GemmArithmetic& arithmetic, GemmPass pass) {
  std::string result = "pass " + std::to_string(static_cast<int>(pass));
  for (const std::int64_t size : {conv.n, conv.c, conv.h, conv.w, conv.k, conv.r, conv.s,
                                  conv.stride, conv.padding, conv.groups}) {
    result += " " + std::to_string(size);
  }
  return result + ", chunk " + std::to_string(arithmetic.chunk_len) + ", accumulator " +
         std::to_string(static_cast<int>(arithmetic.accumulator)) + ", stream " +
         std::to_string(static_cast<int>(arithmetic.stream));
}

inline ConvShape random_conv(std::mt19937_64& random) {
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  ConvShape conv;
  conv.n = pick(1, 5), conv.c = pick(1, 40), conv.k = pick(1, 40);
  conv.h = pick(1, 11), conv.w = pick(1, 11);
  conv.padding = pick(0, 2), conv.stride = pick(1, 3);
  conv.r = pick(1, std::min<std::int64_t>(4, conv.h + 2 * conv.padding));
  conv.s = pick(1, std::min<std::int64_t>(4, conv.w + 2 * conv.padding));
  return conv;
}

inline ConvShape random_depthwise(std::mt19937_64& random) {
  ConvShape conv = random_conv(random);
  conv.c += 1;
  conv.k = conv.groups = conv.c;
  return conv;
}

/// With AMX if there is, then with each SIMD set.
inline void with_all_kernels(const std::function<void(std::mt19937_64&)>& body) {
  std::mt19937_64 random(kPackedSeed);
  if (amx_available()) {
    INFO("AMX");
    body(random);
  }
  for (const std::string& name : simd_instruction_sets()) {
    INFO(name);
    const ForcedInstructionSet forced(name);
    const WithoutAmx simd;
    body(random);
  }
}

}  // namespace nibble::test
