// Compiles the loop of bare dot products once for every instruction set, from the same wrappers
// that the micro-kernel uses.
#include "tools/bench/dot_rate.h"

#include <cstddef>
#include <utility>

#define HWY_WANT_AVX3_DL  // as models/gemm
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tools/bench/dot_rate.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "models/gemm/gemm_simd_dot-inl.h"

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

// kFirst x kSecond accumulators, each with its own pair of operands, so that no two products are
// the same and the compiler has to compute all of them.
constexpr std::size_t kFirst = 4;
#if HWY_CAP_GE512
constexpr std::size_t kSecond = 4;
#else
constexpr std::size_t kSecond = 2;  // sixteen registers hold no more
#endif

template <class Dot, std::size_t... I>
HWY_INLINE std::int64_t run(std::int64_t rounds, std::int64_t macs_a_lane,
                            std::index_sequence<I...>) {
  const TagI32 di;
  // Two sets of first operands taken in turn: a constant one would let products leave the loop.
  HWY_ALIGN std::int32_t operands[2 * kFirst * kLanes];
  for (std::size_t i = 0; i < 2 * kFirst * kLanes; ++i) operands[i] = 0x01010101;
  const VecI32 one = hn::Set(di, 0x00010001);
  const VecI32 second[] = {one, hn::Add(one, one), hn::ShiftLeft<2>(one), hn::ShiftLeft<3>(one)};
  VecI32 acc[kFirst * kSecond];
  ((acc[I] = Dot::start(hn::Zero(di))), ...);
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::int32_t* first = operands + (round & 1) * kFirst * kLanes;
    ((acc[I] = Dot::step(acc[I], hn::Load(di, first + I % kFirst * kLanes), second[I / kFirst])),
     ...);
  }
  VecI32 sum = hn::Zero(di);
  ((sum = hn::Add(sum, Dot::finish(acc[I], hn::Zero(di)))), ...);
  volatile std::int32_t keep = hn::GetLane(sum);
  (void)keep;
  return rounds * static_cast<std::int64_t>(kFirst * kSecond * kLanes) * macs_a_lane;
}

std::int64_t run_bytes(std::int64_t rounds) {
  return run<DotBytes>(rounds, kHasBytes ? 4 : 2, std::make_index_sequence<kFirst * kSecond>());
}
std::int64_t run_pairs(std::int64_t rounds) {
  return run<DotPairs>(rounds, 2, std::make_index_sequence<kFirst * kSecond>());
}

const DotRate* rate() {
  static constexpr DotRate table = {run_bytes, run_pairs};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {

HWY_EXPORT(rate);

const DotRate& dot_rate() { return *HWY_DYNAMIC_DISPATCH(rate)(); }

}  // namespace nibble
#endif  // HWY_ONCE
