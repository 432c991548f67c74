#include "sim/driver/test_samples.h"

#include <utility>

#include <fmt/format.h>

#include "models/datasets/fashion_mnist.h"
#include "models/datasets/text_corpus.h"
#include "models/datasets/text_source.h"
#include "sim/base/bad_input.h"

namespace nibble {
namespace {

constexpr const char* kImages = "fashion-mnist";
constexpr const char* kText = "bible-kjv";

}  // namespace

TestSamples::TestSamples(ImageSet images) : set_(std::move(images)), grey_(fashion_mnist_grey()) {}

std::int64_t TestSamples::count() const {
  const auto* images = std::get_if<ImageSet>(&set_);
  return images != nullptr ? images->count : std::get<TextWindows>(set_).count();
}

TestBatch TestSamples::batch(std::int64_t first, std::int64_t count) const {
  TestBatch batch;
  if (const auto* images = std::get_if<ImageSet>(&set_)) {
    batch.images = fp16_images(*images, first, count, grey_);
    const auto labels = images->labels.begin() + first;
    batch.labels.assign(labels, labels + count);
    return batch;
  }
  const auto& windows = std::get<TextWindows>(set_);
  for (std::int64_t i = first; i < first + count; ++i) {
    windows.append(i, 0, batch.tokens, batch.labels);
  }
  return batch;
}

std::vector<std::string> test_sample_files(const std::string& dataset,
                                           const std::string& image_folder) {
  if (dataset == kText) return {kBibleFile};
  if (dataset != kImages) return {};
  const auto files = fashion_mnist_files(Split::test, image_folder);
  return {files.begin(), files.end()};
}

TestSamples load_test_samples(const std::string& dataset, const std::string& weights_file,
                              const Network& network, const std::string& image_folder) {
  const FeatureShape& input = network.input;
  const auto check = [&](bool fits) {
    if (fits) return;
    throw bad_file(
        weights_file,
        fmt::format("is of {}, which network {} does not read as it stands", dataset, network.name),
        "allowed is the input that it was trained with");
  };
  if (dataset == kImages) {
    ImageSet images = load_fashion_mnist(Split::test, image_folder);
    check(!reads_tokens(network) && input.h == images.height && input.w == images.width &&
          input.c == 1);
    return TestSamples(std::move(images));
  }
  if (dataset == kText) {
    TokenIds test = bible_vocabulary().encode(bible_corpus().test);
    check(reads_tokens(network) && input.h < static_cast<std::int64_t>(test.size()) / 2);
    return TestSamples(TextWindows(std::move(test), input.h));
  }
  throw bad_file(weights_file, "is of data set " + dataset,
                 fmt::format("allowed are {} and {}", kImages, kText));
}

}  // namespace nibble
