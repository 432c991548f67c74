// In which formats the passes of a layer multiply, for every policy on every chip.
#include <catch2/catch.hpp>

#include "sim/workload/gemm_precision.h"
#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/count_steps.h"
#include "tests/sim/workload/find_work.h"

namespace nibble {
namespace {

using namespace test;

/// Two layers, so that the second has all three passes; each reads signed or unsigned codes.
Network two_layers(LayerPrecision precision, LayerKind clip) {
  Network network;
  network.name = "two";
  network.input = {4, 4, 3};
  network.classes = 5;
  network.layers = {make_layer("first.act", clip, {-1}),
                    make_conv("first", 0, 6, 3, 1, 1, precision),
                    make_layer("second.act", clip, {1}), make_linear("second", 2, 5, precision)};
  infer_shapes(network);
  return network;
}

Workload step_of(const Network& network, ChipPrecision chip) {
  WorkloadOptions options;
  options.batch = 2;
  options.precision = chip;
  return build_workload(network, options);
}

/// Bits of streamed and stationary operand in each pass, and steps that quantise one dY.
struct Expected {
  LayerPrecision policy;
  ChipPrecision chip;
  int forward[2], dgrad[2], wgrad[2];
  int fp4_quantise, fp8_quantise;
};

constexpr ChipPrecision kNibble = ChipPrecision::nibble4, kFp16 = ChipPrecision::fp16,
                        kFp8 = ChipPrecision::fp8;
using P = LayerPrecision;

constexpr Expected kExpected[] = {
    {P::int4_fp4, kNibble, {4, 4}, {4, 4}, {4, 4}, 2, 0},
    {P::fp16, kNibble, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::fp8, kNibble, {8, 8}, {8, 8}, {8, 8}, 0, 1},
    {P::int4_fp8, kNibble, {4, 4}, {8, 4}, {8, 4}, 0, 1},
    {P::int4_fp16, kNibble, {4, 4}, {16, 4}, {16, 4}, 0, 0},
    {P::int4_fp4_dw_fp8, kNibble, {4, 4}, {4, 4}, {8, 4}, 1, 1},
    {P::int4_fp8_dw_fp4, kNibble, {4, 4}, {8, 4}, {4, 4}, 1, 1},
    {P::int4_fp4, kFp16, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::fp16, kFp16, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::fp8, kFp16, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::int4_fp8, kFp16, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::int4_fp16, kFp16, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::int4_fp4_dw_fp8, kFp16, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::int4_fp8_dw_fp4, kFp16, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::int4_fp4, kFp8, {8, 8}, {8, 8}, {8, 8}, 0, 1},
    {P::fp16, kFp8, {16, 16}, {16, 16}, {16, 16}, 0, 0},
    {P::fp8, kFp8, {8, 8}, {8, 8}, {8, 8}, 0, 1},
    {P::int4_fp8, kFp8, {8, 8}, {8, 8}, {8, 8}, 0, 1},
    {P::int4_fp16, kFp8, {8, 8}, {8, 8}, {8, 8}, 0, 1},
    {P::int4_fp4_dw_fp8, kFp8, {8, 8}, {8, 8}, {8, 8}, 0, 1},
    {P::int4_fp8_dw_fp4, kFp8, {8, 8}, {8, 8}, {8, 8}, 0, 1},
};

int streamed_bits(TilePrecision precision) {
  return precision == TilePrecision::nibble4 ? 4 : precision == TilePrecision::fp8 ? 8 : 16;
}

void check_pass(const Workload& workload, GemmPass pass, const int (&bits)[2]) {
  const std::vector<GemmWork> gemms = gemms_of(workload, "second", pass);
  REQUIRE(gemms.size() == 1);
  INFO("pass " << static_cast<int>(pass));
  CHECK(tensor_of(workload, gemms.front().streamed).bits == bits[0]);
  CHECK(tensor_of(workload, gemms.front().stationary).bits == bits[1]);
  CHECK(streamed_bits(gemms.front().precision) == bits[0]);
}

}  // namespace

TEST_CASE("Each policy on each chip multiplies operands of its bits and quantises dY as often") {
  for (const Expected& expected : kExpected) {
    INFO("policy " << static_cast<int>(expected.policy) << ", chip "
                   << static_cast<int>(expected.chip));
    const Workload workload =
        step_of(two_layers(expected.policy, LayerKind::pact_signed), expected.chip);
    check_pass(workload, GemmPass::forward, expected.forward);
    check_pass(workload, GemmPass::dgrad, expected.dgrad);
    check_pass(workload, GemmPass::wgrad, expected.wgrad);
    CHECK(count_steps(workload, SfuStep::fp4_quantise) == 2 * expected.fp4_quantise);
    const int x_and_w = expected.forward[0] == 8 ? 4 : 0;  // of both layers
    CHECK(count_steps(workload, SfuStep::fp8_quantise) == 2 * expected.fp8_quantise + x_and_w);
    const bool nibble = expected.forward[0] == 4;
    CHECK(count_steps(workload, SfuStep::s4_quantise) == (nibble ? 2 : 0));
    CHECK(count_steps(workload, SfuStep::sawb_quantise) == (nibble ? 2 : 0));
    CHECK(count_steps(workload, SfuStep::cast) == (expected.forward[0] == 16 ? 2 : 0));
    for (const Tensor& tensor : workload.tensors) {
      const bool mask = tensor.bits < 4;
      const bool codes = tensor.bits == 4 || tensor.bits == 8;
      CHECK((mask || !codes || expected.chip != ChipPrecision::fp16));
    }
  }
}

TEST_CASE("FP4 even streams through dgrad and odd through wgrad, one phase where one pass has it") {
  const Workload both = step_of(two_layers(P::int4_fp4, LayerKind::pact), kNibble);
  const GemmWork dgrad = gemms_of(both, "second", GemmPass::dgrad).front();
  const GemmWork wgrad = gemms_of(both, "second", GemmPass::wgrad).front();
  CHECK(dgrad.arithmetic.stream == StreamFormat::fp4_even);
  CHECK(wgrad.arithmetic.stream == StreamFormat::fp4_odd);
  CHECK(tensor_of(both, dgrad.streamed).name == "second.dy.even");
  CHECK(tensor_of(both, wgrad.streamed).name == "second.dy.odd");

  const Workload one = step_of(two_layers(P::int4_fp4_dw_fp8, LayerKind::pact), kNibble);
  CHECK(has_tensor(one, "second.dy.even"));
  CHECK(!has_tensor(one, "second.dy.odd"));
  CHECK(runs_with(one, SfuStep::fp4_quantise).front().outputs.size() == 2);  // and fp8, in one run
}

TEST_CASE("Codes of pact are u4 and of pact_signed s4, streamed or stationary") {
  for (const bool is_signed : {false, true}) {
    const Workload workload = step_of(
        two_layers(P::int4_fp4, is_signed ? LayerKind::pact_signed : LayerKind::pact), kNibble);
    const GemmArithmetic forward =
        gemms_of(workload, "second", GemmPass::forward).front().arithmetic;
    const GemmArithmetic dgrad = gemms_of(workload, "second", GemmPass::dgrad).front().arithmetic;
    const GemmArithmetic wgrad = gemms_of(workload, "second", GemmPass::wgrad).front().arithmetic;
    CHECK(forward.stream == (is_signed ? StreamFormat::s4 : StreamFormat::u4));
    CHECK(forward.stationary == StationaryFormat::s4);
    CHECK(dgrad.stationary == StationaryFormat::s4);
    CHECK(wgrad.stationary == (is_signed ? StationaryFormat::s4 : StationaryFormat::u4));
    // A clipped activation passes a gradient or not; PACT's alpha also gets one above it.
    CHECK(tensor_of(workload, tensor_named(workload, "second.act.mask")).bits ==
          (is_signed ? 1 : 2));
  }
}

TEST_CASE("Readers of one layer share its quantised output, be it the network's input") {
  for (const P precision : {P::fp8, P::int4_fp4}) {
    Network network;
    network.name = "shared";
    network.input = {4, 4, 3};
    network.classes = 7;
    network.layers = {
        make_conv("a", -1, 4, 1, 1, 0, precision), make_conv("b", -1, 4, 3, 1, 1, precision),
        make_layer("sum", LayerKind::add, {0, 1}),
        make_layer("mean", LayerKind::global_avg_pool, {2}), make_linear("fc", 3, 7, P::fp16)};
    infer_shapes(network);
    const Workload workload = step_of(network, kNibble);
    const GemmWork a = gemms_of(workload, "a", GemmPass::forward).front();
    const GemmWork b = gemms_of(workload, "b", GemmPass::forward).front();
    CHECK(a.streamed.tensor == b.streamed.tensor);
    CHECK(tensor_of(workload, a.streamed).bits == (precision == P::fp8 ? 8 : 4));
    CHECK(a.arithmetic.stream == StreamFormat::s4);  // images have either sign once normalised
    CHECK(gemms_of(workload, "a", GemmPass::wgrad).front().stationary.tensor == a.streamed.tensor);
  }
}

}  // namespace nibble
