#include "sim/sweep/point_process.h"

#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "models/datasets/fashion_mnist.h"
#include "models/trace/trace_error.h"
#include "sim/base/bad_input.h"
#include "sim/driver/experiment_run.h"

namespace nibble {
namespace {

/// In the point's process.
Json run_point(Experiment& experiment, const StageMemo& known) {
  run_at_most(1);
  const Stopwatch whole;
  Json answer;
  try {
    StageMemo memo(StageMemo::kOfARun, &known);
    const ExperimentInputs inputs = load_inputs(experiment);
    answer["result"] = run_result(experiment, inputs, {{}, &memo, nullptr});
    if (verdict(answer.at("result")) != 0) answer["fault"] = "values or engines disagree";
    answer["stages"] = Json::binary(memo.bytes());
  } catch (const BadInput& fault) {
    answer["fault"] = fault.what();
  } catch (const TraceError& fault) {
    answer["fault"] = fault.what();
  } catch (const DatasetError& fault) {
    answer["fault"] = fault.what();
  } catch (const ChildKilled& killed) {  // one of its simulations
    answer["signal"] = killed.signal();
  }
  answer["seconds"] = whole.seconds();
  return answer;
}

/// From outside, and not for what the point is: it deserves another try.
bool is_by_others(int signal) {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
}

}  // namespace

PointProcess::PointProcess(std::string key, Experiment experiment, const StageMemo& memo)
    : key_(std::move(key)), child_([experiment = std::move(experiment), &memo]() mutable {
        const std::vector<std::uint8_t> answer = Json::to_cbor(run_point(experiment, memo));
        return std::string(answer.begin(), answer.end());
      }) {}

PointAnswer PointProcess::answer(StageMemo& memo) {
  PointAnswer answer;
  answer.point.key = key_;
  answer.seconds = since_.seconds();
  const auto was_killed = [&](int signal) {
    const std::string by = fmt::format("killed by signal {} ({})", signal, strsignal(signal));
    (is_by_others(signal) ? answer.killed : answer.point.fault) = by;
  };
  try {
    Json said = Json::from_cbor(child_.result());
    if (said.contains("stages")) memo.add_bytes(said.at("stages").get_binary());
    answer.seconds = said.at("seconds").get<double>();
    if (said.contains("signal")) was_killed(said.at("signal").get<int>());
    if (said.contains("fault")) answer.point.fault = said.at("fault").get<std::string>();
    if (answer.killed.empty() && answer.point.fault.empty()) {
      answer.point.result = std::move(said.at("result"));
    }
  } catch (const ChildKilled& killed) {
    was_killed(killed.signal());
  } catch (const MachineFault& fault) {  // not the point's
    answer.killed = fault.what();
  } catch (const std::runtime_error& fault) {
    answer.point.fault = fault.what();
  }
  if (answer.point.result.is_object()) {
    answer.peak_rss_bytes = answer.point.result.at("host").at("peak_rss_bytes").get<std::int64_t>();
  }
  return answer;
}

}  // namespace nibble
