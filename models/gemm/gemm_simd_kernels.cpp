// Compiles the SIMD GEMM once for every instruction set and picks the best one at run time.
#include "models/gemm/gemm_simd_kernels.h"

#include <stdexcept>

#include "models/gemm/gemm_simd.h"

#define HWY_WANT_AVX3_DL  // AVX-512 with VNNI is opt-in
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/gemm/gemm_simd_kernels.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "models/gemm/gemm_simd_multiply-inl.h"
#include "models/gemm/gemm_simd_pack-inl.h"
#include "models/gemm/gemm_simd_store-inl.h"

NIBBLE_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

const GemmKernels* kernels() {
  static const GemmKernels table = {hwy::TargetName(HWY_TARGET),
                                    static_cast<int>(kLanes),
                                    kHasBytes,
                                    tile_rows,
                                    pack_stream,
                                    pack_stationary,
                                    multiply,
                                    store_fp16,
                                    store_fp32};
  return &table;
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
NIBBLE_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {

HWY_EXPORT(kernels);

const GemmKernels& gemm_kernels() { return *HWY_DYNAMIC_DISPATCH(kernels)(); }

std::vector<std::string> simd_instruction_sets() {
  std::vector<std::string> names;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    names.emplace_back(hwy::TargetName(target));
  }
  return names;
}

std::string simd_instruction_set() { return gemm_kernels().instruction_set; }

ForcedInstructionSet::ForcedInstructionSet(const std::string& name) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name == hwy::TargetName(target)) {
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      return;
    }
  }
  throw std::invalid_argument("instruction set " + name + " is not available here");
}

ForcedInstructionSet::~ForcedInstructionSet() {
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace nibble
#endif  // HWY_ONCE
