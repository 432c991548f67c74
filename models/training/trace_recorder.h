// Collects the operations of a captured step into a Trace, each tensor under the name
// LAYER.{x,w,y,dy,dy_even,dy_odd,dx,dw}, of a layer with several GEMMs a pass LAYER:PART.{...}.
#pragma once

#include "models/trace/trace.h"
#include "models/training/operation_sink.h"

namespace nibble {

class TraceRecorder : public OperationSink {
 public:
  /// `trace` holds everything but the operations and tensors, and must outlive this.
  explicit TraceRecorder(Trace& trace) : trace_(trace) {}
  void record(const ObservedOperation& operation) override;

 private:
  Trace& trace_;
};

}  // namespace nibble
