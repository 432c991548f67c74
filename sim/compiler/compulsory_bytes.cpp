#include "sim/compiler/compulsory_bytes.h"

#include <algorithm>

#include "sim/compiler/gemm_footprint.h"

namespace nibble {
namespace {

/// By tensor: the most of each of its slices that one operation touches.
class Touched {
 public:
  explicit Touched(const Workload& workload) : slices_(workload.tensors.size()) {}

  void raise(const TensorSlice& slice, Bytes bytes) {
    std::vector<Bytes>& parts = slices_[static_cast<std::size_t>(slice.tensor)];
    // Slices of different sizes of one tensor do not occur; whole tensors are one slice.
    if (parts.size() < static_cast<std::size_t>(slice.parts)) {
      parts.assign(static_cast<std::size_t>(slice.parts), 0);
    }
    Bytes& most = parts[static_cast<std::size_t>(slice.part)];
    most = std::max(most, bytes);
  }
  [[nodiscard]] Bytes bytes(std::size_t tensor) const {
    Bytes sum = 0;
    for (const Bytes part : slices_[tensor]) sum += part;
    return sum;
  }

 private:
  std::vector<std::vector<Bytes>> slices_;
};

void gemm_reads(const Workload& workload, const Sharing& sharing, const GemmWork& work,
                Touched& read) {
  for (const LoweredGemm& part : lower_conv(work.conv, work.pass)) {
    const GemmFootprint footprint(
        workload, sharing, work, part,
        std::vector<std::int64_t>(static_cast<std::size_t>(sharing.cores()), 0));
    const GemmBlock all = whole_gemm(part);
    read.raise(work.streamed, total_bytes(footprint.streamed(all)));
    read.raise(work.stationary, total_bytes(footprint.stationary(all)));
  }
}

}  // namespace

Bytes compulsory_bytes(const Workload& workload, const Sharing& sharing) {
  Touched read(workload), written(workload);
  const auto whole = [&](const TensorSlice& slice) {
    return workload.tensors[static_cast<std::size_t>(slice.tensor)].bytes() / slice.parts;
  };
  for (const Operation& operation : workload.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      gemm_reads(workload, sharing, *gemm, read);
      continue;
    }
    const auto& sfu = std::get<SfuWork>(operation.work);
    for (const TensorSlice& slice : sfu.inputs) read.raise(slice, whole(slice));
    for (const TensorId tensor : sfu.whole) read.raise(tensor, whole(tensor));
    for (const TensorSlice& slice : sfu.outputs) written.raise(slice, whole(slice));
  }
  Bytes bytes = 0;
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    if (workload.tensors[i].persistent) bytes += read.bytes(i) + written.bytes(i);
  }
  return bytes;
}

}  // namespace nibble
