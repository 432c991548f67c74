// nibblesim-train refuses a bad input by one line and exit code 2, and leaves everything as it was.
#include <algorithm>
#include <map>

#include "tests/models/training/train_program.h"

namespace nibble::test {
namespace {

TEST_CASE("A bad input leaves the results of a finished training as they are") {
  const TemporaryFolder folder;
  const std::string start = kTask + " -o " + folder.file("a") + " --limit-test 20 --set batch=16";
  REQUIRE(run(start + " --epochs 1 --limit-train 32").code == 0);
  const auto files = [&] {
    std::map<std::string, std::string> bytes;
    for (const auto& entry : fs::directory_iterator(folder.file("a"))) {
      bytes[entry.path().filename().string()] = bytes_of(entry.path().string());
    }
    return bytes;
  };
  const std::map<std::string, std::string> before = files();
  REQUIRE(before.size() == 4);
  for (const char* fault :
       {" --set epochz=3", " --recipe int4_fp3", " --set network_file.layers.0.kernel=40",
        " --limit-train 70000", " --resume --seed 7 --epochs 1 --limit-train 32",
        " --trace-step 999999", " --fp32-metrics none.json"}) {
    INFO(fault);
    CHECK(run(start + fault).code == 2);
    CHECK(files() == before);
  }
}

TEST_CASE("A bad input is one line, exit 2, and leaves nothing behind") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& arguments, const std::string& text) {
    const Outcome outcome = run(arguments + " -o " + folder.file("out"));
    INFO(arguments << " -> " << outcome.text);
    CHECK(outcome.code == 2);
    CHECK(std::count(outcome.text.begin(), outcome.text.end(), '\n') == 1);
    CHECK(outcome.text.find(text) != std::string::npos);
    CHECK(folder.empty());
  };
  refused("no_such_task.yaml", "no_such_task.yaml");
  refused(kTask + " --set epochz=3", "epochz");
  refused(kTask + " --set epochs=-3", "epochs");
  refused(kTask + " --set pact.initial=0", "pact.initial");
  refused(kTask + " --set dataset=cifar10", "dataset");
  refused(kTask + " --set network=../networks/none.yaml", "none.yaml");
  refused(kTask + " --set network_file.layers.0.kernel=40", "conv1");
  refused(kTask + " --recipe int4_fp3",
          "unknown recipe int4_fp3 (did you mean int4_fp4?), allowed");
  refused(kTask + " --set recipe_file.scaling=loss", "recipe_file.scaling=loss");
  refused(kTask + " --recipe luq --trace-step 1",
          "no trace: layer s1.conv1 has gradients in radix2");
  for (const char* epochs : {"0", "-1", "99999999999"}) {
    refused(kTask + " --epochs " + epochs,
            "nibblesim train: --epochs: " + std::string(epochs) +
                " is out of range, allowed is a whole number from 1 to 1000000, see");
  }
  refused(kTask + " --epochs 1.5", "--epochs: 1.5 is not a whole number, allowed is a whole");
  refused(kTask + " --seed -1", "--seed: -1 is out of range");
  refused(kTask + " --threads two", "--threads: two is not a whole number");
  refused(kTask + " --checkpoint-every 0", "--checkpoint-every: 0 is out of range");
  refused(kTask + " --gradient-steps ''", "--gradient-steps: is empty");
  refused(kTask + " --seed 9223372036854775808",
          "--seed: 9223372036854775808 is out of range, allowed is a whole number from 0 to "
          "9223372036854775807");
  refused(kTask + " --limit-train 0", "--limit-train: 0 is out of range");
  refused(kTask + " --limit-train 8 --limit-train 9", "--limit-train is given more than once");
  refused(kTask + " --engine modle",
          "--engine: unknown value modle (did you mean model?), allowed");
  refused(kTask + " --trace-batch 4", "--trace-batch requires --trace-step");
  refused(kTask + " --set epochs=1 batch=4",
          "allowed is a --set of its own for each: --set batch=4");
  refused("", "nibblesim train: TASK is required, see nibblesim train --help");
  refused(kTask + " --recipe tensor_max --trace-step 1", "no trace: layer s1.conv1's gradients");
  refused(kTask + " --limit-train 70000", "--limit-train: 70000 of 55000 images");
  refused(kTask + " --resume",
          "checkpoint.safetensors: is not there to go on from, allowed is to begin");
  refused(kTask + " --set sequence_length=3", "sequence_length");
  refused(kTask + " --set optimizer=adagrad", "optimizer");
  refused(kTask + " --set validation=60000", "leave none");
  refused(kTask + " --recipe fp32 --set network=../networks/text_lstm.yaml",
          "network text_lstm reads sequences of 64 tokens, the data are images of 28x28x1");
  for (const char* change : {"height=64", "height=14", "channels=3"}) {
    refused(kTask + " --set network_file.input." + change, ", the data are images of 28x28x1");
  }
  refused(kTask + " --set network_file.classes=5 --set network_file.layers.29.filters=5",
          "has 5 classes, the data have 10 different labels");
  refused(kTextTask + " --set network=../networks/resnet8_w16.yaml",
          "network: resnet8_w16 reads no tokens");
  refused(kTextTask + " --set sequence_length=200",
          "sequence_length: text_transformer: layer positions");
  refused(kTask + " --trace-step soon", "\"soon\" is no step");
  for (const char* steps : {"every:0", "every:", "0,soon", "5,", "-3"}) {
    refused(kTask + " --gradient-steps=" + steps, "--gradient-steps: \"");
  }
  refused(kTask + " --gradient-steps 3,9999",
          "--gradient-steps: 9999 is no step of this training, allowed are 0 to 3431");
  refused(kTask + " --fp32-metrics none.json", "none.json: cannot be read");
  refused(
      kTask + " --data " + folder.file("missing"),
      "missing: install the Debian package dataset-fashion-mnist, allowed is a folder that has it");
  refused(kTextTask + " --data " + folder.file("missing"),
          "--data: bible-kjv comes from the program bible, not from a folder");
  refused(kTask + " --epochs 1 --set epochs=2", "--epochs: stands beside --set epochs=2, allowed");
  refused(kTask + " --seed 1 --set seed=2", "--seed: stands beside --set seed=2, allowed");
  refused(kTextTask + " --recipe pointwise_fp8",
          "precision.conv1x1: names no layer of this network, allowed is to leave it out");
  refused(kTask + " --recipe fp32 --fp32-metrics m.json",
          "--fp32-metrics: this training is in fp32");
}

TEST_CASE("Results that cannot be written end with exit 2 before the training begins") {
  const Outcome outcome = run(kTask + " -o /proc/nibblesim" + kTiny);
  INFO(outcome.text);
  CHECK(outcome.code == 2);
  CHECK(outcome.text.find("epoch") == std::string::npos);
}

}  // namespace
}  // namespace nibble::test
