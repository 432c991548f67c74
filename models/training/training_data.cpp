#include "models/training/training_data.h"

#include <stdexcept>
#include <utility>

#include "models/datasets/fashion_mnist.h"
#include "models/datasets/text_corpus.h"

namespace nibble {
namespace {

TrainingData bible_data(const TrainingTask& task, std::int64_t classes, std::uint64_t seed) {
  const TextCorpus& corpus = bible_corpus();
  const CharacterVocabulary vocabulary = bible_vocabulary();
  if (vocabulary.size() > classes) {
    throw std::invalid_argument("the text has " + std::to_string(vocabulary.size()) +
                                " different characters, the network " + std::to_string(classes) +
                                " classes");
  }
  const auto samples = [&](const std::string& text) {
    return std::make_unique<TextSamples>(TextWindows(vocabulary.encode(text), task.sequence_length),
                                         seed);
  };
  return {samples(corpus.train), samples(corpus.validation), samples(corpus.test)};
}

}  // namespace

TrainingData image_data(ImageSet train, ImageSet test, const std::vector<Fp16Code>& grey,
                        const TrainingTask& task) {
  const Augmentation how{task.flip, task.crop_padding};
  const std::int64_t learned = train.count - task.validation;
  if (learned < 1) {
    throw std::invalid_argument(std::to_string(task.validation) + " validation images of " +
                                std::to_string(train.count) + " leave none to learn from");
  }
  const auto shared = std::make_shared<const ImageSet>(std::move(train));
  TrainingData data;
  data.train = std::make_unique<ImageSamples>(shared, grey, how, 0, learned);
  if (task.validation > 0) {
    data.validation = std::make_unique<ImageSamples>(shared, grey, how, learned, task.validation);
  }
  data.test = std::make_unique<ImageSamples>(std::move(test), grey);
  return data;
}

TrainingData load_training_data(const TrainingTask& task, std::int64_t classes, std::uint64_t seed,
                                const std::string& folder) {
  if (task.dataset == "bible-kjv") return bible_data(task, classes, seed);
  return image_data(load_fashion_mnist(Split::train, folder),
                    load_fashion_mnist(Split::test, folder), fashion_mnist_grey(), task);
}

}  // namespace nibble
