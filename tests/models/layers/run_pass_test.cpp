// A pass in groups: the bits of each group's pass alone.
#include "models/layers/run_pass.h"

#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/models/layers/conv_tensors.h"

namespace nibble {
namespace {

constexpr std::uint64_t kSeed = 20260312;

std::vector<NibbleCode> random_codes(std::mt19937_64& random, std::int64_t count) {
  std::vector<NibbleCode> codes(static_cast<std::size_t>(count));
  for (NibbleCode& code : codes) code = static_cast<NibbleCode>(random() % 16);
  return codes;
}

/// One group's channels of a tensor whose fastest dimension has `all`.
template <typename Value>
std::vector<Value> group_of(const std::vector<Value>& tensor, std::int64_t all, std::int64_t groups,
                            std::int64_t group) {
  std::vector<Value> part;
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    if (static_cast<std::int64_t>(i) % all / (all / groups) == group) part.push_back(tensor[i]);
  }
  return part;
}

TEST_CASE("A pass in groups has the bits of each group's pass alone") {
  INFO("seed " << kSeed);
  std::mt19937_64 random(kSeed);
  for (const ConvShape& conv : testing::grouped_shapes()) {
    INFO(testing::describe(conv));
    const auto x = random_codes(random, testing::x_size(conv));
    const auto w = random_codes(random, testing::w_size(conv));
    const auto dy = random_codes(random, testing::y_size(conv));
    ConvShape alone = conv;
    alone.c /= conv.groups;
    alone.k /= conv.groups;
    alone.groups = 1;
    for (const GemmPass pass : {GemmPass::forward, GemmPass::dgrad, GemmPass::wgrad}) {
      const bool forward = pass == GemmPass::forward, wgrad = pass == GemmPass::wgrad;
      GemmCall call{"layer", GemmOperands::nibble, {}, pass_arithmetic(pass, {})};
      call.arithmetic.chunk_len = 16;
      const auto whole =
          run_pass(conv, pass, (forward ? x : dy).data(), (wgrad ? x : w).data(), call, fast_gemm);
      for (std::int64_t g = 0; g < conv.groups; ++g) {
        const auto gx = group_of(x, conv.c, conv.groups, g);
        const auto gdy = group_of(dy, conv.k, conv.groups, g);
        const std::int64_t weights = testing::w_size(alone);
        const std::vector<NibbleCode> gw(w.begin() + g * weights, w.begin() + (g + 1) * weights);
        const auto expected = run_pass(alone, pass, (forward ? gx : gdy).data(),
                                       (wgrad ? gx : gw).data(), call, slow_gemm);
        // dW is [K,R,S,C/G]: a group's filters are neighbours.
        const auto found = wgrad ? std::vector<Fp16Code>(whole.begin() + g * weights,
                                                         whole.begin() + (g + 1) * weights)
                                 : group_of(whole, forward ? conv.k : conv.c, conv.groups, g);
        REQUIRE(found == expected);
      }
    }
  }
}

}  // namespace
}  // namespace nibble
