#include "models/layers/sfu_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "models/formats/fp16.h"

namespace nibble {
namespace {

using Exact = long double;

// The functions from the C library's 80-bit ones: nothing in common with the polynomials.
Exact exact_sigmoid(Exact x) { return 1 / (1 + expl(-x)); }
Exact exact_probability(Exact x) { return erfcl(-x / sqrtl(2)) / 2; }
Exact exact_density(Exact x) { return expl(-x * x / 2) / sqrtl(8 * atanl(1)); }
Exact exact_gelu(Exact x) { return x * exact_probability(x); }
Exact exact_gelu_slope(Exact x) { return exact_probability(x) + x * exact_density(x); }

struct Function {
  const char* name;
  float (*function)(float);
  Exact (*exact)(Exact);
  double most_ulps;
  float lowest_input;
  int misrounded;  // fp16 results that are not the nearest fp16 number, always by one step
  std::uint64_t hash;
};

const Function kFunctions[] = {
    {"exp", [](float x) { return sfu_exp(x); }, [](Exact x) { return expl(x); }, 0.85, -0x1p33F, 1,
     0x18CCAEC7896A4CA3},
    {"log", [](float x) { return sfu_log(x); }, [](Exact x) { return logl(x); }, 1.0, 0x1p-31F, 1,
     0x064792101AA18C1E},
    {"sigmoid", [](float x) { return sfu_sigmoid(x); }, exact_sigmoid, 1.85, -0x1p33F, 4,
     0xBA6DB30EC7562C61},
    {"tanh", [](float x) { return sfu_tanh(x); }, [](Exact x) { return tanhl(x); }, 1.25, -0x1p33F,
     0, 0xDA0E369676ABABEF},
    {"gelu", [](float x) { return sfu_gelu(x); }, exact_gelu, 3.25, -0x1p33F, 1,
     0x26034FED2E63083E},
};

std::vector<float> finite_inputs(float lowest) {
  std::vector<float> inputs;
  for (int code = 0; code < 65536; ++code) {
    const float x = fp16_to_float(static_cast<Fp16Code>(code));
    if (x >= lowest) inputs.push_back(x);  // no NaN
  }
  return inputs;
}

double ulps(float got, Exact wanted) {
  int exponent = 0;
  (void)frexpl(wanted, &exponent);
  return static_cast<double>(fabsl(got - wanted) / ldexpl(1, exponent - 24));
}

/// To nearest, ties away from zero, by the definition of the format.
int nearest_fp16(Exact x) {
  if (x == 0 || std::isinf(x)) return x == 0 ? 0 : kFp16NanInfinity;
  int exponent = 0;
  const Exact significand = floorl(frexpl(fabsl(x), &exponent) * 1024 + Exact(0.5));
  const int magnitude = (exponent + 30) * 512 + static_cast<int>(significand) - 512;
  if (magnitude <= 0) return 0;
  return std::min(magnitude, int{kFp16NanInfinity}) | (x < 0 && magnitude < 0x7FFF ? 0x8000 : 0);
}

bool fp16_can_hold(Exact x) { return fabsl(x) >= 0x1p-31L && fabsl(x) < 0x1p33L; }

TEST_CASE("Every function is as exact over all fp16 inputs as its header says") {
  for (const Function& f : kFunctions) {
    double worst = 0;
    int misrounded = 0, by_more = 0;
    for (const float x : finite_inputs(f.lowest_input)) {
      const Exact wanted = f.exact(x);
      const float got = f.function(x);
      if (fp16_can_hold(wanted)) worst = std::max(worst, ulps(got, wanted));
      const int distance = std::abs(fp16_from_float(got) - nearest_fp16(wanted));
      misrounded += distance != 0 ? 1 : 0;
      by_more += distance > 1 ? 1 : 0;
    }
    INFO(f.name << ": " << worst << " ulp, " << misrounded << " not nearest in fp16");
    CHECK(worst <= f.most_ulps);
    CHECK(misrounded == f.misrounded);
    CHECK(by_more == 0);
  }
}

TEST_CASE("GELU is exact to 1.5 ulp above zero, and its slope to 1.3e-7 everywhere") {
  double worst = 0, worst_slope = 0;
  int misrounded = 0;
  for (const float x : finite_inputs(-0x1p33F)) {
    const Exact slope = exact_gelu_slope(x);
    if (x > 0) worst = std::max(worst, ulps(sfu_gelu(x), exact_gelu(x)));
    worst_slope = std::max(worst_slope, static_cast<double>(fabsl(sfu_gelu_slope(x) - slope)));
    misrounded += fp16_from_float(sfu_gelu_slope(x)) != nearest_fp16(slope) ? 1 : 0;
  }
  CHECK(worst <= 1.5);
  CHECK(worst_slope <= 1.3e-7);
  CHECK(misrounded == 0);
}

TEST_CASE("Between fp16 numbers the errors stay where the header says") {
  const auto sweep = [](float (*function)(float), double (*exact)(double), float first,
                        float last) {
    double worst = 0;
    for (std::int32_t bits = sfu_bits(first); bits < sfu_bits(last); bits += 2053) {
      const float x = sfu_from_bits(bits);
      worst = std::max(worst, ulps(function(x), exact(x)));
    }
    return worst;
  };
  const auto negative_exp = [](float x) { return sfu_exp(-x); };
  const auto negative_sigmoid = [](float x) { return sfu_sigmoid(-x); };
  CHECK(sweep([](float x) { return sfu_exp(x); }, [](double x) { return std::exp(x); }, 0x1p-40F,
              88) <= 0.95);
  CHECK(sweep(
            negative_exp, [](double x) { return std::exp(-x); }, 0x1p-40F, 87) <= 0.95);
  CHECK(sweep([](float x) { return sfu_log(x); }, [](double x) { return std::log(x); }, 0x1p-31F,
              0x1p33F) <= 1.9);
  CHECK(sweep([](float x) { return sfu_sigmoid(x); },
              [](double x) { return 1 / (1 + std::exp(-x)); }, 0x1p-40F, 90) <= 1.5);
  CHECK(sweep(
            negative_sigmoid, [](double x) { return 1 / (1 + std::exp(x)); }, 0x1p-40F, 87) <=
        2.35);
  CHECK(sweep([](float x) { return sfu_tanh(x); }, [](double x) { return std::tanh(x); }, 0x1p-40F,
              90) <= 1.3);
}

TEST_CASE("The bits are the same on every machine") {
  for (const Function& f : kFunctions) {
    std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
    for (const float x : finite_inputs(f.lowest_input)) {
      hash = (hash ^ static_cast<std::uint32_t>(sfu_bits(f.function(x)))) * 0x100000001B3;
    }
    INFO(f.name);
    CHECK(hash == f.hash);
  }
}

TEST_CASE("Infinities saturate, NaN stays, results below binary32's normal numbers are zero") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Function& f : kFunctions) {
    CHECK(std::isnan(f.function(nan)));
    CHECK(std::isnan(f.function(-nan)));
  }
  CHECK(std::isnan(sfu_gelu_slope(nan)));
  CHECK(sfu_exp(-infinity) == 0);
  CHECK(sfu_exp(infinity) == infinity);
  CHECK(sfu_exp(89) == infinity);
  CHECK(sfu_exp(88.7F) < infinity);
  CHECK(sfu_exp(-87.3F) > 0);
  CHECK(sfu_exp(-87.4F) == 0);
  CHECK(sfu_exp(0) == 1);
  CHECK(sfu_log(1) == 0);
  CHECK(sfu_sigmoid(-infinity) == 0);
  CHECK(sfu_sigmoid(infinity) == 1);
  CHECK(sfu_sigmoid(0) == 0.5F);
  CHECK(sfu_tanh(-infinity) == -1);
  CHECK(sfu_tanh(infinity) == 1);
  CHECK(sfu_gelu(0) == 0);
  CHECK(sfu_gelu(0x1p32F) == 0x1p32F);
  CHECK(sfu_gelu(-0x1p32F) == 0);
  CHECK(sfu_gelu_slope(0x1p32F) == 1);
  CHECK(sfu_gelu_slope(-0x1p32F) == 0);
}

}  // namespace
}  // namespace nibble
