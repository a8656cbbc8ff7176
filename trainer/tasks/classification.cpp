// Classification: a label for a text. See task.h.
//
// The text stands as its tokenizer frames it ([CLS] text [SEP] for BERT, bare for GPT-2). A bidirectional
// model is read at its first token, a causal one at its last (model/classifier_head.cpp). A text longer than
// the context loses its end, as it does in `transformers`.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "scores/scores.h"
#include "tasks/frame.h"
#include "tasks/task.h"

namespace seedling {

namespace {

using nlohmann::json;

std::vector<double> softmax(const float* logits, size_t count) {
  const float top = *std::max_element(logits, logits + count);
  std::vector<double> p(count);
  double sum = 0.0;
  for (size_t i = 0; i < count; ++i) sum += p[i] = std::exp(static_cast<double>(logits[i]) - top);
  for (double& each : p) each /= sum;
  return p;
}

class Classification : public Task {
 public:
  Classification(const TaskRecord& record, const Tokenizer& tokenizer, const ModelConfig& config)
      : Task(record, tokenizer, config), frame_(single_frame(tokenizer)) {
    if (context() <= frame_.size())
      fail_usage("a context of ", context(), " tokens leaves no room for a text");
  }

  std::vector<Feature> encode(const Example& example, size_t number) override {
    Feature feature;
    feature.example = number;
    std::vector<int32_t> text = tokenizer_.encode(example.input);
    const auto room = static_cast<size_t>(context() - frame_.size());
    if (text.size() > room) text.resize(room), ++cut_;
    feature.ids = frame_.before;
    feature.ids.insert(feature.ids.end(), text.begin(), text.end());
    feature.ids.insert(feature.ids.end(), frame_.after.begin(), frame_.after.end());
    if (feature.ids.empty()) feature.ids.push_back(std::max(tokenizer_.special().eos, 0));
    feature.label = std::max(0, find(example.label));
    return {std::move(feature)};
  }

  Score score(Model& model, const std::vector<Example>& examples, const ScoreOptions&) override;
  json predict(Model& model, const Example& example) override;

  void check(const std::vector<Example>& examples, const std::string& file) const override {
    std::string known;
    for (const std::string& label : config_.labels) known += (known.empty() ? "" : ", ") + label;
    for (const Example& example : examples) {
      if (find(example.label) >= 0) continue;
      fail(file, ", line ", example.line, ": the label \"", example.label,
           "\" is none that the model was trained on: ", known, ". Correct it, or train with it.");
    }
  }

 private:
  /// -1 where there is no such label. "1" stands for LABEL_1 too, the name of a class without a name.
  int32_t find(const std::string& label) const {
    for (const std::string& spelling : {label, "LABEL_" + label}) {
      const auto found = std::find(config_.labels.begin(), config_.labels.end(), spelling);
      if (found != config_.labels.end()) return static_cast<int32_t>(found - config_.labels.begin());
    }
    return -1;
  }

  Frame frame_;
};

Score Classification::score(Model& model, const std::vector<Example>& examples, const ScoreOptions&) {
  const std::vector<Feature> features = encode_all(examples);
  const size_t classes = config_.labels.size();
  std::vector<int32_t> targets(examples.size()), chosen(examples.size());
  double loss = 0.0;
  in_batches(features, context(), kTokensInPass, [&](const Batch& batch, const std::vector<size_t>& members) {
    const std::vector<float> logits = model.logits(batch);  // (B, labels)
    for (size_t b = 0; b < members.size(); ++b) {
      const Feature& feature = features[members[b]];
      const std::vector<double> p = softmax(&logits[b * classes], classes);
      targets[feature.example] = feature.label;
      chosen[feature.example] = static_cast<int32_t>(std::max_element(p.begin(), p.end()) - p.begin());
      loss -= std::log(std::max(1e-30, p[static_cast<size_t>(feature.label)]));
    }
  });
  const ClassScores scores = score_classes(targets, chosen, static_cast<int64_t>(classes));
  loss /= static_cast<double>(examples.size());
  Score result;
  result.fields = {{"accuracy", scores.accuracy},   {"macro_f1", scores.macro_f1}, {"val_loss", loss},
                   {"confusion", scores.confusion}, {"labels", config_.labels},    {"f1", scores.f1},
                   {"examples", examples.size()}};
  result.value = scores.accuracy - 1e-6 * loss;  // of two equal accuracies the surer one
  for (size_t i = 0; i < examples.size(); ++i) {
    result.predictions.push_back({{"input", examples[i].input},
                                  {"prediction", config_.labels[static_cast<size_t>(chosen[i])]},
                                  {"target", config_.labels[static_cast<size_t>(targets[i])]}});
  }
  return result;
}

json Classification::predict(Model& model, const Example& example) {
  const std::vector<Feature> features = encode(example, 0);
  const std::vector<float> logits = model.logits(make_batch({&features[0]}, features[0].length()));
  const std::vector<double> p = softmax(logits.data(), config_.labels.size());
  json probabilities = json::object();
  for (size_t i = 0; i < p.size(); ++i) probabilities[config_.labels[i]] = p[i];
  const auto best = static_cast<size_t>(std::max_element(p.begin(), p.end()) - p.begin());
  return {{"label", config_.labels[best]}, {"probabilities", probabilities}};
}

}  // namespace

std::unique_ptr<Task> make_classification(const TaskRecord& record, const Tokenizer& tokenizer,
                                          const ModelConfig& config) {
  return std::make_unique<Classification>(record, tokenizer, config);
}

}  // namespace seedling
