#include "tests/sim/workload/step_macs.h"

namespace nibble::test {
namespace {

/// Pairs of an input position and a filter tap that meet along one axis.
std::int64_t pairs(std::int64_t size, std::int64_t filter, const ConvShape& conv) {
  std::int64_t count = 0;
  for (std::int64_t at = 0; at < size; ++at) {
    for (std::int64_t tap = 0; tap < filter; ++tap) {
      if ((at + conv.padding - tap + filter * conv.stride) % conv.stride == 0) ++count;
    }
  }
  return count;
}

int behind_reshapes(const Network& network, int layer) {
  while (layer >= 0) {
    const Layer& found = network.layers[static_cast<std::size_t>(layer)];
    if (found.kind != LayerKind::reshape) break;
    layer = found.inputs.front();
  }
  return layer;
}

}  // namespace

PassMacs macs_of(const Workload& workload) {
  PassMacs macs;
  for (const Operation& operation : workload.operations) {
    const auto* gemm = std::get_if<GemmWork>(&operation.work);
    if (gemm == nullptr) continue;
    const std::string& layer = workload.stages[static_cast<std::size_t>(operation.stage)].layer;
    for (const LoweredGemm& part : lower_conv(gemm->conv, gemm->pass)) {
      macs[{layer, gemm->pass}] += part.macs();
    }
  }
  return macs;
}

PassMacs expected_macs(const Network& network, const WorkloadOptions& options) {
  PassMacs macs;
  for (const Layer& layer : network.layers) {
    const FeatureShape &in = layer.input_shape, &out = layer.output_shape;
    const std::int64_t n = options.batch;
    const int first = behind_reshapes(network, layer.inputs.front());
    const bool dgrad = options.training && first >= 0;
    const auto set = [&](GemmPass pass, std::int64_t count, bool computed) {
      if (computed && count > 0) macs[{layer.name, pass}] = count;
    };
    if (layer.kind == LayerKind::conv) {
      const std::int64_t channels = in.c / layer.groups * layer.filters;
      const std::int64_t taps = layer.kernel * layer.kernel;
      const ConvShape conv = conv_shape(layer, n);
      set(GemmPass::forward, n * out.h * out.w * taps * channels, true);
      set(GemmPass::dgrad,
          n * channels * pairs(in.h, layer.kernel, conv) * pairs(in.w, layer.kernel, conv), dgrad);
      set(GemmPass::wgrad, n * out.h * out.w * taps * channels, options.training);
    } else if (layer.kind == LayerKind::linear) {
      const std::int64_t count =
          n * layer.filters * (layer.flatten ? in.elements() : in.h * in.w * in.c);
      set(GemmPass::forward, count, true);
      set(GemmPass::dgrad, count, dgrad);
      set(GemmPass::wgrad, count, options.training);
    } else if (layer.kind == LayerKind::matmul) {
      // heads products of [T, C/heads] x [C/heads, S], or the way back: T*S*C either way
      const std::int64_t count =
          n *
          (layer.transpose_b ? in.c * in.h * out.c : in.h * in.w * in.c * (out.c / layer.heads));
      const bool second = behind_reshapes(network, layer.inputs.at(1)) >= 0;
      set(GemmPass::forward, count, true);
      set(GemmPass::dgrad, count, dgrad);
      set(GemmPass::wgrad, count, options.training && second);
    } else if (layer.kind == LayerKind::lstm) {
      const std::int64_t gates = 4 * layer.filters * (layer.bidirectional ? 2 : 1);
      const std::int64_t input = n * in.h * gates * in.c;
      const std::int64_t hidden = n * (in.h - 1) * gates * layer.filters;
      set(GemmPass::forward, input + hidden, true);
      set(GemmPass::dgrad, (first >= 0 ? input : 0) + hidden, options.training);
      set(GemmPass::wgrad, input + (in.h > 1 ? n * in.h * gates * layer.filters : 0),
          options.training);
    }
  }
  return macs;
}

}  // namespace nibble::test
