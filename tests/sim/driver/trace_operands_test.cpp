// Shares of zeros by hand, on operations of one product each size.
#include "sim/driver/trace_operands.h"

#include <catch2/catch.hpp>

namespace nibble {
namespace {

/// A GEMM of so many products: a fully connected layer of one output.
TraceOperation operation(GemmPass pass, LayerPrecision precision, std::int64_t inputs,
                         const std::string& tensors) {
  TraceOperation made;
  made.pass = pass;
  made.precision = precision;
  made.conv = {1, inputs, 1, 1, 1, 1, 1};
  made.streamed = tensors + ".streamed";
  made.stationary = tensors + ".stationary";
  return made;
}

}  // namespace

TEST_CASE("A trace's operands have the zeros of its tensors, each GEMM weighed by its products") {
  Trace trace;
  trace.operations.push_back(operation(GemmPass::forward, LayerPrecision::int4_fp4, 4, "a"));
  trace.codes["a.streamed"] = {0, 1, 2, 3};
  trace.codes["a.stationary"] = {0, 0, 7, 8};
  trace.operations.push_back(operation(GemmPass::forward, LayerPrecision::int4_fp4, 12, "b"));
  trace.codes["b.streamed"] = {0, 0, 0, 5};
  trace.codes["b.stationary"] = {1, 1};
  trace.operations.push_back(operation(GemmPass::dgrad, LayerPrecision::int4_fp4, 4, "c"));
  trace.operations.back().stream_format = StreamFormat::fp4_even;
  trace.codes["c.streamed"] = {0, 8, 1, 9};  // 8 is fp4's other zero
  trace.codes["c.stationary"] = {0, 1, 1, 1};
  const WorkloadOperands otherwise{{0.1, 0.1},  {0.2, 0.2}, {0.3, 0.25},
                                   {0.4, 0.25}, {0.5, 0.4}, "other"};
  WorkloadOperands found = trace_operands(trace, otherwise);
  CHECK(found.int4.streamed_nonzero == Approx((4 * 0.75 + 12 * 0.25) / 16));
  CHECK(found.int4.nonzero == Approx((4 * 0.75 * 0.5 + 12 * 0.25) / 16));
  CHECK(found.fp4_even.streamed_nonzero == Approx(0.5));
  CHECK(found.fp4_even.nonzero == Approx(0.5 * 0.75));
  CHECK(found.fp4_odd.nonzero == 0.25);  // the trace has none
  // In fp16 only activations have zeros: those that the forward GEMMs stream.
  CHECK(found.fp16_step.streamed_nonzero == Approx((4 * 0.75 + 12 * 0.25 + 4) / 20));
  CHECK(found.fp16_step.nonzero == Approx((4 * 0.75 + 12 * 0.25 + 4) / 20));
  CHECK(found.fp16.nonzero == 0.25);
  CHECK(found.source == "trace");

  trace.operations.push_back(operation(GemmPass::wgrad, LayerPrecision::fp16, 8, "d"));
  trace.values["d.streamed"] = {0x0000, 0x8000, 0x3E00, 0xBE00};
  trace.values["d.stationary"] = {1, 1};
  found = trace_operands(trace, otherwise);
  CHECK(found.fp16.streamed_nonzero == Approx(0.5));
  CHECK(found.fp16.nonzero == Approx(0.5));
  CHECK(found.fp16_step.nonzero == Approx((4 * 0.75 + 12 * 0.25 + 4 + 8 * 0.5) / 28));

  trace.operations.push_back(operation(GemmPass::wgrad, LayerPrecision::int4_fp4, 4, "e"));
  trace.operations.back().stream_format = StreamFormat::fp4_odd;
  trace.codes["e.streamed"] = {0, 1};
  trace.codes["e.stationary"] = {0, 0, 0, 1};
  found = trace_operands(trace, otherwise);
  CHECK(found.fp4_odd.streamed_nonzero == Approx(0.5));
  CHECK(found.fp4_odd.nonzero == Approx(0.125));
  CHECK(found.fp16_step.nonzero == Approx((4 * 0.75 + 12 * 0.25 + 4 + 8 * 0.5 + 4 * 0.25) / 32));

  // What the chip gives stays, of that kind alone.
  WorkloadOperands given = otherwise;
  given.int4 = {0.125, 0.0625, true};
  found = trace_operands(trace, given);
  CHECK(found.int4.streamed_nonzero == 0.125);
  CHECK(found.fp4_odd.streamed_nonzero == Approx(0.5));
  CHECK(found.source == "silicon.operands, else the trace");
}

}  // namespace nibble
