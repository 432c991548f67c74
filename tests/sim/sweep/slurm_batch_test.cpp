// What goes to Slurm: shards for what is missing, lists of indices, the script, words.
#include "sim/sweep/slurm_batch.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>

#include <catch2/catch.hpp>

#include "sim/base/atomic_file.h"
#include "sim/base/bad_input.h"
#include "sim/sweep/program_output.h"
#include "sim/sweep/slurm_queue.h"
#include "tests/sim/sweep/sweep_folder.h"

namespace nibble {
namespace {

std::vector<std::int64_t> every(std::int64_t step, std::int64_t count) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    positions[i] = static_cast<std::int64_t>(i) * step;
  }
  return positions;
}

/// Points of the fullest shard; checks that all are in one.
std::int64_t fullest(const ShardPlan& plan, const std::vector<std::int64_t>& positions) {
  std::map<std::int64_t, std::int64_t> loads;
  for (const std::int64_t position : positions) ++loads[position % plan.of + 1];
  CHECK(loads.size() == plan.numbers.size());
  std::int64_t most = 0;
  for (const auto& [number, load] : loads) {
    CHECK(std::count(plan.numbers.begin(), plan.numbers.end(), number) == 1);
    most = std::max(most, load);
  }
  return most;
}

}  // namespace

TEST_CASE("A whole sweep is divided into as many shards as its points ask for") {
  const ShardPlan plan = plan_shards(every(1, 12), 4);
  CHECK(plan.of == 3);
  CHECK(plan.numbers == std::vector<std::int64_t>{1, 2, 3});
  CHECK(plan_shards(every(1, 12), 5).of == 3);
  CHECK(plan_shards(every(1, 1), 1000).of == 1);
  CHECK(plan_shards(every(1, 1000), 1).of == 1000);
}

TEST_CASE("Points that lie in steps, as of a longer axis, are spread over tasks all the same") {
  for (const std::int64_t step : {2, 3, 4, 6, 10}) {
    const std::vector<std::int64_t> positions = every(step, 60);
    CHECK(fullest(plan_shards(positions, 10), positions) <= 10);
  }
}

TEST_CASE("Indices are written as ranges") {
  CHECK(index_list({1}) == "1");
  CHECK(index_list({1, 2, 3, 7, 9, 10}) == "1-3,7,9-10");
}

TEST_CASE("The script runs its shard in the folder of the start, whatever the names hold") {
  const std::string script =
      batch_script({"/bin/echo", "/", "it's a $file", "/an `output` folder", 12, 2.5, true});
  setenv("SLURM_ARRAY_TASK_ID", "3", 1);
  setenv("SLURM_CPUS_PER_TASK", "2", 1);
  const ProgramOutput said = run_program({"sh", "-c", script, "batch.sh", "8"});
  CHECK(said.exit_code == 0);
  CHECK(said.out ==
        "sweep it's a $file -o /an `output` folder --shard 11/12 --jobs 2 --timeout 2.5 "
        "--retry-failed\n");
}

TEST_CASE("Arguments for sbatch are split as a shell does") {
  CHECK(sbatch_words("").empty());
  CHECK(sbatch_words("--mem=2G  --comment='two words'") ==
        std::vector<std::string>{"--mem=2G", "--comment=two words"});
  for (const char* bad : {"'open", "$(true)", "a; b", "a | b"}) {
    CHECK_THROWS_AS(sbatch_words(bad), BadInput);
  }
}

TEST_CASE(
    "How a task ended that squeue has forgotten is what the accounting says, if there is one") {
  const test::SweepFolder folder;
  const auto ended = [&](const std::string& script) {
    write_file(folder.str() + "/sacct", "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(folder.str() + "/sacct", std::filesystem::perms::owner_all);
    return SlurmQueue::forgotten({"12", "12_3", "RUNNING", ""});
  };
  setenv("PATH", (folder.str() + ":/bin:/usr/bin").c_str(), 1);
  // As of man sacct, with --parsable2.
  const SlurmTask cancelled =
      ended("case \"$*\" in *--jobs=12_3*) echo 'CANCELLED by 1000|0:15'; esac");
  CHECK(cancelled.state == "CANCELLED");
  CHECK(cancelled.reason == "exit code 0:15");
  CHECK(ended("echo 'COMPLETED|0:0'").state == "COMPLETED");
  const SlurmTask unknown = ended("echo 'Slurm accounting storage is disabled' >&2; exit 1");
  CHECK(unknown.has_ended());
  CHECK(unknown.reason == "Slurm has forgotten how");
}

TEST_CASE("A program's two outputs and its end are told apart") {
  const ProgramOutput said = run_program({"sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(said.out == "out\n");
  CHECK(said.err == "err\n");
  CHECK(said.exit_code == 3);
  CHECK(run_program({"sh", "-c", "kill -TERM $$"}).exit_code == 128 + 15);
  CHECK(run_program({"sh", "-c", "head -c 300000 /dev/zero"}).out.size() == 300'000);
  CHECK_THROWS_AS(run_program({"no such program"}), std::system_error);
}

}  // namespace nibble
