#include "sim/compiler/sharing.h"

#include <algorithm>

namespace nibble {

Sharing::Sharing(const Workload& workload, int cores)
    : workload_(workload), cores_(cores), parts_(workload.tensors.size(), 1) {
  const auto note = [this](const TensorSlice& slice) {
    std::int64_t& parts = parts_[static_cast<std::size_t>(slice.tensor)];
    parts = std::max(parts, slice.parts);
  };
  for (const Operation& operation : workload.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      for (const TensorSlice& slice : {gemm->streamed, gemm->stationary, gemm->result}) note(slice);
    } else {
      const auto& sfu = std::get<SfuWork>(operation.work);
      for (const TensorSlice& slice : sfu.inputs) note(slice);
      for (const TensorSlice& slice : sfu.outputs) note(slice);
    }
  }
}

std::int64_t Sharing::part_rows(TensorId tensor) const {
  const std::int64_t rows = at(tensor).rows > 0 ? at(tensor).rows : at(tensor).elements;
  return std::max<std::int64_t>(1, rows / parts_[static_cast<std::size_t>(tensor)]);
}

Bytes Sharing::largest_share(TensorId tensor) const {
  const std::int64_t parts = parts_[static_cast<std::size_t>(tensor)];
  const std::int64_t rows = part_rows(tensor);
  // One byte more, as neither parts nor rows need end on whole bytes.
  return ceil_div(ceil_div(at(tensor).bytes(), parts) * ceil_div(rows, cores_), rows) + 1;
}

Bytes Sharing::resident_bytes(TensorId tensor) const {
  if (cores_ == 1 || replicated(tensor)) return at(tensor).bytes();
  return parts_[static_cast<std::size_t>(tensor)] * largest_share(tensor);
}

std::vector<Sharing::Segment> Sharing::owners(TensorId tensor, Bytes begin, Bytes end) const {
  if (cores_ == 1) return {{0, begin, end, begin}};
  const Bytes bytes = at(tensor).bytes();
  const std::int64_t parts = parts_[static_cast<std::size_t>(tensor)];
  const std::int64_t rows = part_rows(tensor);
  const Bytes share = largest_share(tensor);
  std::vector<Segment> segments;
  // The part and the core that a byte lies in are estimated by proportion and then walked to.
  std::int64_t part = bytes == 0 ? 0 : std::max<std::int64_t>(0, begin * parts / bytes - 1);
  for (; part < parts; ++part) {
    const Bytes base = bytes * part / parts;
    const Bytes length = bytes * (part + 1) / parts - base;
    if (base >= end) break;
    if (length == 0 || base + length <= begin) continue;
    // Likewise the first core; rows of uneven shares can put it one or two off.
    const Bytes into = std::max<Bytes>(0, begin - base);
    int core = static_cast<int>(std::max<Bytes>(0, into * cores_ / length - 2));
    for (; core < cores_ && base + length * first_row(rows, core) / rows < end; ++core) {
      const Bytes first = base + length * first_row(rows, core) / rows;
      const Bytes last = base + length * first_row(rows, core + 1) / rows;
      const Bytes from = std::max(first, begin);
      const Bytes to = std::min(last, end);
      if (from < to) segments.push_back({core, from, to, part * share + from - first});
    }
  }
  return segments;
}

}  // namespace nibble
