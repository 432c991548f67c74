#include "models/training/training_data.h"

#include <stdexcept>
#include <utility>

#include "models/datasets/fashion_mnist.h"
#include "models/datasets/text_corpus.h"

namespace nibble {
namespace {

std::string text_of(const FeatureShape& shape) {
  return std::to_string(shape.h) + "x" + std::to_string(shape.w) + "x" + std::to_string(shape.c);
}

std::string samples_text(bool is_text, const FeatureShape& shape) {
  return is_text ? "sequences of " + std::to_string(shape.elements()) + " tokens"
                 : "images of " + text_of(shape);
}

void check_form(const Network& network, const SampleForm& form) {
  const auto refuse = [&](const std::string& what, const std::string& data) {
    throw std::invalid_argument("network " + network.name + " " + what + ", the data " + data +
                                ", allowed is a network for such data");
  };
  const bool tokens = reads_tokens(network);
  if (tokens != form.is_text || text_of(network.input) != text_of(form.input)) {
    refuse("reads " + samples_text(tokens, network.input),
           "are " + samples_text(form.is_text, form.input));
  }
  const std::int64_t answers = network.layers.back().output_shape.elements() / network.classes;
  if (answers != form.labels) {
    refuse("gives " + std::to_string(answers) + " answers a sample",
           "have " + std::to_string(form.labels) + " labels");
  }
  const std::string labels = form.is_text ? " different characters" : " different labels";
  if (network.classes < form.classes) {
    refuse("has " + std::to_string(network.classes) + " classes",
           "have " + std::to_string(form.classes) + labels);
  }
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::embedding && layer.table_rows < form.classes) {
      refuse("has " + std::to_string(layer.table_rows) + " rows in layer " + layer.name,
             "have " + std::to_string(form.classes) + labels);
    }
  }
}

TrainingData bible_data(const TrainingTask& task, std::uint64_t seed) {
  const TextCorpus& corpus = bible_corpus();
  const CharacterVocabulary vocabulary = bible_vocabulary();
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
    throw std::invalid_argument(
        "validation: " + std::to_string(task.validation) + " of " + std::to_string(train.count) +
        " images leave none to learn from, allowed are 0 to " + std::to_string(train.count - 1));
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

void check_data_fits(const Network& network, const TrainingData& data) {
  for (const SampleSet* set : {data.train.get(), data.validation.get(), data.test.get()}) {
    if (set != nullptr) check_form(network, set->form());
  }
}

TrainingData load_training_data(const TrainingTask& task, const Network& network,
                                std::uint64_t seed, const std::string& folder) {
  TrainingData data =
      task.dataset == "bible-kjv"
          ? bible_data(task, seed)
          : image_data(load_fashion_mnist(Split::train, folder),
                       load_fashion_mnist(Split::test, folder), fashion_mnist_grey(), task);
  check_data_fits(network, data);
  return data;
}

}  // namespace nibble
