// nibblesim-train as its user meets it: what it writes, prints and resumes, and its exit codes.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>

#include <pty.h>
#include <sys/stat.h>

#include "tests/models/training/train_program.h"

namespace nibble::test {
namespace {

TEST_CASE("A short training of the real task writes its files, the same ones again") {
  const TemporaryFolder folder;
  const std::string how = kTiny + " --trace-step last";
  for (const char* name : {"a", "b"}) {
    const Outcome outcome = run(kTask + " -o " + folder.file(name).append(how));
    INFO(outcome.text);
    REQUIRE(outcome.code == 0);
    CHECK(outcome.text.find("0 mismatches") != std::string::npos);
    CHECK(fs::exists(folder.file(name) + "/metrics.json"));
    CHECK(fs::exists(folder.file(name) + "/checkpoint.safetensors"));
  }
  for (const char* name : {"/weights.safetensors", "/trace.safetensors", "/curve.csv"}) {
    CHECK(bytes_of(folder.file("a") + name).size() > 100);
    CHECK(bytes_of(folder.file("a") + name) == bytes_of(folder.file("b") + name));
  }
}

TEST_CASE("Every task learns a step or two in both arithmetics and is judged") {
  for (const auto& entry : fs::directory_iterator(NIBBLE_SOURCE_DIR "/configs/tasks")) {
    if (entry.path().extension() != ".yaml") continue;
    const TemporaryFolder folder;
    const bool text = entry.path().stem().string().rfind("bible", 0) == 0;
    for (const char* recipe : {"int4_fp4", "fp32"}) {
      const Outcome outcome =
          run(entry.path().string() + " -o " + folder.file(recipe) + " --recipe " + recipe +
              " --epochs 1 --limit-train 8 --limit-test 4 --set batch=4" +
              (text ? " --set sequence_length=16" : ""));
      INFO(entry.path() << ", " << recipe << ": " << outcome.text);
      CHECK(outcome.code == 0);
      CHECK(outcome.text.find(text ? "perplexity" : " %") != std::string::npos);
      CHECK(fs::exists(folder.file(recipe) + "/metrics.json"));
    }
  }
}

/// metrics.json without what says how long things took.
std::string metrics_without_times(const std::string& path) {
  std::ifstream file(path);
  std::string kept;
  for (std::string line; std::getline(file, line);) {
    if (line.find("_s\":") == std::string::npos) kept += line + '\n';
  }
  return kept;
}

/// Which file a name means: another one after a rename.
std::uint64_t file_number(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

TEST_CASE(
    "A training tells how far it is and grows its curve within an epoch, and has its folder") {
  const TemporaryFolder folder;
  const std::string out = folder.file("a"), log = folder.file("log");
  const std::string start = kTask + " -o " + out + " --set batch=16";
  const Outcome stopped =
      run(start + " > " + log + " & pid=$!; while kill -0 $pid && ! { grep -q left " + log +
          " && [ -e " + out + "/curve.csv ]; }; do sleep 0.05; done; ls -i " + out + "; " +
          NIBBLE_TRAIN_PROGRAM + " " + start + " 2>&1; kill -TERM $pid; wait $pid; exit $?");
  INFO(stopped.text);
  CHECK(stopped.code == 128 + SIGTERM);
  // What ls saw, still the same file, and the second training.
  CHECK(stopped.text == std::to_string(file_number(out + "/curve.csv")) + " curve.csv\n" + out +
                            ": another training writes here, allowed is another folder\n");
  const std::string told = bytes_of(log);
  INFO(told);
  CHECK(told.find("task fashion_mnist_resnet8: 55000 images of fashion-mnist, 8 epochs of 3437 "
                  "steps of 16, seed 1\n"
                  "network resnet8_w16, recipe int4_fp4: fp16 in conv1, s2.shortcut, s3.shortcut, "
                  "fc; int4_fp4 in 6 layers\nresults in " +
                  out + "\nepoch 1 of 8, step ") == 0);
  CHECK(told.find(" images/s, ") != std::string::npos);
  CHECK(bytes_of(out + "/curve.csv").find("\n10,1,") != std::string::npos);
}

TEST_CASE("A training whose terminal closes keeps a checkpoint") {
  const TemporaryFolder folder;
  const std::string out = folder.file("a");
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(child >= 0);
  if (child == 0) {
    execl(NIBBLE_TRAIN_PROGRAM, "nibblesim-train", kTask.c_str(), "-o", out.c_str(), "--set",
          "batch=16", nullptr);
    _exit(127);
  }
  std::string told;
  std::array<char, 4096> part{};
  while (told.find(" left") == std::string::npos) {
    const ssize_t got = read(terminal, part.data(), part.size());
    if (got <= 0) break;
    told.append(part.data(), static_cast<std::size_t>(got));
  }
  INFO(told);
  CHECK(told.find("\r\033[Kepoch 1 of 8, step ") != std::string::npos);
  close(terminal);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 128 + SIGHUP);
  CHECK(fs::exists(out + "/checkpoint.safetensors"));
}

TEST_CASE("A recipe whose rules change no layer is trained with a warning") {
  const TemporaryFolder folder;
  const Outcome outcome = run(kTask + " -o " + folder.file("a") + " --recipe pointwise_fp8" +
                              " --epochs 1 --limit-train 4 --limit-test 4 --set batch=4");
  INFO(outcome.text);
  CHECK(outcome.code == 0);
  CHECK(outcome.text.find("\nwarning: recipe pointwise_fp8: its rules of precision change no layer "
                          "of resnet8_w16\n") != std::string::npos);
}

TEST_CASE("A recipe whose finish multiplies other formats leaves weights that the program reads") {
  const TemporaryFolder folder;
  const Outcome plain = run(kTask + " -o " + folder.file("p") + kTiny +
                            " --set 'recipe_file.precision.layers.\"s2.conv1\"=fp16'");
  CHECK(plain.code == 0);
  CHECK(plain.text.find("fp16 in conv1, s2.conv1, s2.shortcut") != std::string::npos);
  CHECK(
      plain.text.find("warning: the learning rate rises over 100 steps, and this training has 4") !=
      std::string::npos);
  std::ofstream(folder.file("mine.yaml")) << "recipe: mine\nfinish: {share: 0.5, recipe: fp16}\n";
  const Outcome outcome =
      run(kTask + " -o " + folder.file("a") + kTiny + " --recipe " + folder.file("mine.yaml"));
  INFO(outcome.text);
  REQUIRE(outcome.code == 0);
  const std::string metrics = bytes_of(folder.file("a") + "/metrics.json");
  CHECK(metrics.find("\"mine\": \"recipe: mine") != std::string::npos);
  CHECK(metrics.find("\"fp16\": \"recipe: fp16") != std::string::npos);
  CHECK(metrics.find("\"engine_steps\": {\n    \"model\": 4\n  }") != std::string::npos);
  const std::string weights = bytes_of(folder.file("a") + "/weights.safetensors");
  CHECK(weights.find(R"(\"precision\":\"fp16\")") != std::string::npos);
  CHECK(weights.find(R"(\"precision\":\"nibble4\")") == std::string::npos);
}

TEST_CASE("A command that resumes if it can begins where there is no checkpoint") {
  const TemporaryFolder folder;
  const std::string command = kTask + " -o " + folder.file("a") + kTiny + " --resume-if-any";
  const Outcome first = run(command);
  INFO(first.text);
  REQUIRE(first.code == 0);
  const std::string metrics = bytes_of(folder.file("a") + "/metrics.json");
  CHECK(metrics.find("\"program\": \"nibblesim 0") != std::string::npos);
  CHECK(metrics.find("\"int4_fp4\": \"recipe: int4_fp4\\n\"") != std::string::npos);
  const std::string weights = folder.file("a") + "/weights.safetensors";
  const std::string sha256 = outcome_of("sha256sum " + weights).text.substr(0, 64);
  CHECK(metrics.find("\"weights_sha256\": \"" + sha256 + "\"") != std::string::npos);
  CHECK(bytes_of(weights).find("\\\"recipe\\\":\\\"int4_fp4\\\"") != std::string::npos);
  CHECK(first.text.find("results in " + folder.file("a") +
                        ": metrics.json, curve.csv, checkpoint.safetensors, "
                        "weights.safetensors\n") != std::string::npos);
  const Outcome again = run(command);
  CHECK(again.code == 0);
  CHECK(again.text.find(", from whose checkpoint of 4 steps it goes on\n") != std::string::npos);
  CHECK(again.text.find("\ntest ") != std::string::npos);
}

TEST_CASE("A training that SIGTERM stops is resumed to the same bytes as one that never stopped") {
  const TemporaryFolder folder;
  const std::string how =
      " --epochs 2 --limit-train 512 --limit-test 100 --set batch=16 --checkpoint-every 5";
  REQUIRE(run(kTask + " -o " + folder.file("a") + how).code == 0);
  // The same command line but for the folder, so that metrics differ in nothing else.
  fs::rename(folder.file("a"), folder.file("whole"));
  const Outcome stopped = run(kTask + " -o " + folder.file("a") + how +
                              " & pid=$!; while kill -0 $pid && ! [ -e " + folder.file("a") +
                              "/checkpoint.safetensors ]; do sleep 0.01; done; "
                              "kill -TERM $pid; wait $pid; exit $?");
  INFO(stopped.text);
  REQUIRE(stopped.code == 128 + SIGTERM);
  CHECK(stopped.text.find("go on with --resume") != std::string::npos);
  CHECK_FALSE(fs::exists(folder.file("a") + "/metrics.json"));
  const Outcome anew = run(kTask + " -o " + folder.file("a") + how);
  CHECK(anew.code == 2);
  CHECK(anew.text.find("holds a training that is not finished, allowed are --resume") !=
        std::string::npos);
  const Outcome resumed = run(kTask + " -o " + folder.file("a") + how + " --resume");
  INFO(resumed.text);
  REQUIRE(resumed.code == 0);
  for (const char* name : {"/weights.safetensors", "/curve.csv"}) {
    CHECK(bytes_of(folder.file("a") + name) == bytes_of(folder.file("whole") + name));
  }
  CHECK(metrics_without_times(folder.file("a") + "/metrics.json") ==
        metrics_without_times(folder.file("whole") + "/metrics.json"));

  const std::string before = bytes_of(folder.file("a") + "/checkpoint.safetensors");
  const auto refused = [&](const std::string& changes, const std::string& text) {
    const Outcome outcome = run(kTask + " -o " + folder.file("a") + how + changes);
    INFO(outcome.text);
    CHECK(outcome.code == 2);
    CHECK(std::count(outcome.text.begin(), outcome.text.end(), '\n') == 1);
    CHECK(outcome.text.find("checkpoint.safetensors: " + text) != std::string::npos);
  };
  refused(" --resume --seed 7", "is of another training: seed is 1 there, 7 here");
  CHECK(bytes_of(folder.file("a") + "/checkpoint.safetensors") == before);
  const Outcome other = run(kTask + " -o " + folder.file("a") + how + " --resume --trace-step 99");
  CHECK(other.code == 2);
  CHECK(other.text ==
        "--trace-step: 99 is no step of this training, allowed are 0 to 63 and last\n");
  std::ofstream(folder.file("a") + "/checkpoint.safetensors", std::ios::app) << "x";
  refused(" --resume", "holds ");
  CHECK_THAT(run(kTask + " -o " + folder.file("a") + how + " --resume").text,
             Catch::EndsWith(": allowed are whole files; to begin again, remove " +
                             folder.file("a") + "/checkpoint.safetensors\n"));
}

TEST_CASE("A trace outlives an interruption, and a new training clears the folder of the old one") {
  const TemporaryFolder folder;
  const std::string start = kTask + " -o " + folder.file("a") +
                            " --epochs 2 --limit-train 256 --limit-test 20 --set batch=16";
  const std::string trace = folder.file("a") + "/trace.safetensors";
  const Outcome stopped =
      run(start + " --trace-step 0 & pid=$!; while kill -0 $pid && ! [ -e " + trace +
          " ]; do sleep 0.01; done; kill -TERM $pid; wait $pid; "
          "exit $?");
  INFO(stopped.text);
  REQUIRE(stopped.code == 128 + SIGTERM);
  CHECK(stopped.text.find("trace of step 0: ") != std::string::npos);
  const std::string whole_trace = bytes_of(trace);
  fs::resize_file(trace, whole_trace.size() - 1);
  const Outcome damaged = run(start + " --trace-step 0 --resume");
  CHECK(damaged.code == 2);
  CHECK(std::count(damaged.text.begin(), damaged.text.end(), '\n') == 1);
  CHECK(damaged.text.find("trace.safetensors: ") != std::string::npos);
  CHECK(damaged.text.find("; to begin again, remove ") != std::string::npos);
  CHECK_FALSE(fs::exists(folder.file("a") + "/metrics.json"));
  std::ofstream(trace, std::ios::binary) << whole_trace;
  const Outcome resumed = run(start + " --trace-step 0 --resume");
  INFO(resumed.text);
  REQUIRE(resumed.code == 0);
  CHECK(bytes_of(trace).find("nibble4") != std::string::npos);  // what the training reached
  CHECK(bytes_of(folder.file("a") + "/metrics.json").find("\"mismatches\": 0") !=
        std::string::npos);

  REQUIRE(run(start + " --recipe fp32").code == 0);
  CHECK(fs::exists(folder.file("a") + "/metrics.json"));
  CHECK(fs::exists(folder.file("a") + "/checkpoint.safetensors"));
  CHECK_FALSE(fs::exists(trace));
  CHECK_FALSE(fs::exists(folder.file("a") + "/weights.safetensors"));
}

TEST_CASE("A training that diverges says where, ends with exit 1 and keeps its last checkpoint") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run(kTask + " -o " + folder.file("a") +
          " --epochs 3 --limit-train 256 --limit-test 10 --checkpoint-every 2 --set batch=16"
          " --set learning_rate=100 --set warmup_steps=0 --set weight_decay=1");
  INFO(outcome.text);
  CHECK(outcome.code == 1);
  CHECK(outcome.text.find("diverged in step 4: loss ") != std::string::npos);
  CHECK(outcome.text.find("NaN-infinity codes put out by s2.") != std::string::npos);
  CHECK(outcome.text.find("the checkpoint is of 2 steps") != std::string::npos);
  CHECK(fs::exists(folder.file("a") + "/checkpoint.safetensors"));
  CHECK_FALSE(fs::exists(folder.file("a") + "/metrics.json"));
}

TEST_CASE("An fp32 training's metrics can be named in the weights of a nibble4 one") {
  const TemporaryFolder folder;
  REQUIRE(run(kTask + " -o " + folder.file("fp32") + kTiny + " --recipe fp32").code == 0);
  CHECK_FALSE(fs::exists(folder.file("fp32") + "/weights.safetensors"));
  const std::string metrics = folder.file("fp32") + "/metrics.json";
  REQUIRE(run(kTask + " -o " + folder.file("n") + kTiny + " --fp32-metrics " + metrics).code == 0);
  CHECK(bytes_of(folder.file("n") + "/weights.safetensors").find("\\\"fp32\\\":") !=
        std::string::npos);
  const Outcome other =
      run(kTask + " -o " + folder.file("m") + kTiny + " --seed 9 --fp32-metrics " + metrics);
  CHECK(other.code == 2);
  CHECK(other.text.find("of another training: seed is 1 there, 9 here") != std::string::npos);
  const Outcome refused = run(kTask + " -o " + folder.file("m") + kTiny + " --fp32-metrics " +
                              folder.file("n") + "/metrics.json");
  CHECK(refused.code == 2);
  CHECK(refused.text.find("not the metrics of an fp32 training") != std::string::npos);
  CHECK_FALSE(fs::exists(folder.file("m")));
}

}  // namespace
}  // namespace nibble::test
