// What a trained network is judged on: test images with a label each, or windows of a text with the
// character after each one, in the order in which the trainer judges it.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/datasets/image_set.h"
#include "models/datasets/text_windows.h"
#include "models/layers/network.h"

namespace nibble {

struct TestBatch {
  std::vector<Fp16Code> images;  // [N,H,W,1], or
  TokenIds tokens;               // [N,T]
  TokenIds labels;               // [N], of a text [N,T]
};

class TestSamples {
 public:
  explicit TestSamples(ImageSet images);
  explicit TestSamples(TextWindows windows) : set_(std::move(windows)) {}

  [[nodiscard]] std::int64_t count() const;
  /// Samples [first, first + count).
  [[nodiscard]] TestBatch batch(std::int64_t first, std::int64_t count) const;

 private:
  std::variant<ImageSet, TextWindows> set_;
  std::vector<Fp16Code> grey_;  // of images
};

/// The files that hold the test set of `dataset`; none for another word.
[[nodiscard]] std::vector<std::string> test_sample_files(const std::string& dataset,
                                                         const std::string& image_folder);

/// The test set of `dataset`, which `weights_file` names; of a text in windows as long as the
/// network's input. Throws BadInput for another word and for a network that does not read such
/// samples, DatasetError if the set is missing.
[[nodiscard]] TestSamples load_test_samples(const std::string& dataset,
                                            const std::string& weights_file, const Network& network,
                                            const std::string& image_folder);

}  // namespace nibble
