// Batches, evaluation and samples of a task (see finetuning.h).
#include "training/finetuning.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/random.h"
#include "data/dataset.h"

namespace seedling {

namespace {

constexpr size_t kPool = 32;  // batches sorted by length together

/// Every position predicts the token after it.
Feature with_all_targets(Feature feature) {
  for (size_t i = 0; i + 1 < feature.ids.size(); ++i) feature.targets[i] = feature.ids[i + 1];
  return feature;
}

constexpr uint64_t kOrderStream = 0x0DE2, kBatchStream = 0xBA7C, kHiddenStream = 0x41DE;

}  // namespace

TaskObjective::TaskObjective(Task& task, const TaskData& data, const ModelConfig& config, uint64_t seed)
    : task_(task), data_(data), head_(config.head), longest_(config.context_length), seed_(seed) {
  features_ = task.encode_to_learn(data.train);
  const bool writes = head_ == HeadKind::language_model;
  if (writes)
    features_.erase(std::remove_if(features_.begin(), features_.end(),
                                   [](const Feature& feature) {
                                     return std::all_of(feature.targets.begin(), feature.targets.end(),
                                                        [](int32_t target) { return target < 0; });
                                   }),
                    features_.end());
  if (features_.empty())
    fail(data.train_file.string(), ": nothing can be learned from these examples with a context of ",
         longest_, " tokens; take a model with a longer one");
}

const std::vector<std::vector<size_t>>& TaskObjective::batches_of(int64_t epoch, int64_t B) {
  if (epoch == epoch_ && B == B_) return batches_;
  epoch_ = epoch, B_ = B;
  const uint64_t key = derive_key(derive_key(seed_, kOrderStream), static_cast<uint64_t>(epoch));
  const size_t count = features_.size(), size = static_cast<size_t>(B), pool = kPool * size;
  std::vector<size_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = permute(i, count, key);
  std::vector<std::vector<size_t>> batches;
  for (size_t begin = 0; begin < count; begin += pool) {
    const size_t end = std::min(count, begin + pool);
    std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(begin),
                     order.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](size_t a, size_t b) { return features_[a].length() < features_[b].length(); });
    for (size_t at = begin; at < end; at += size)
      batches.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(at),
                           order.begin() + static_cast<std::ptrdiff_t>(std::min(end, at + size)));
  }
  batches_.clear();
  for (size_t i = 0; i < batches.size(); ++i)
    batches_.push_back(batches[permute(i, batches.size(), derive_key(key, kBatchStream))]);
  return batches_;
}

Batch TaskObjective::batch(int64_t index, int64_t B) {
  const int64_t each = (examples() + B - 1) / B;  // batches in an epoch
  const std::vector<size_t>& members = batches_of(index / each, B)[static_cast<size_t>(index % each)];
  std::vector<const Feature*> chosen;
  std::vector<Feature> changed;
  changed.reserve(members.size());
  const uint64_t key = derive_key(derive_key(seed_, kHiddenStream), static_cast<uint64_t>(index / each));
  const bool reading = index < reading_ && head_ == HeadKind::language_model;
  for (const size_t member : members) {
    chosen.push_back(&features_[member]);
    if (!reading && hidden_share_ == 0.0) continue;
    changed.push_back(reading ? with_all_targets(features_[member])
                              : with_hidden_words(features_[member], derive_key(key, member)));
    chosen.back() = &changed.back();
  }
  Batch batch = make_batch(chosen, longest_);
  if (head_ == HeadKind::classifier) batch.every_position = every_position_;
  return batch;
}

void TaskObjective::hide_words(double share, const Tokenizer& tokenizer) {
  if (head_ != HeadKind::classifier) return;
  hidden_share_ = share;
  tokenizer_ = &tokenizer;
}

Feature TaskObjective::with_hidden_words(const Feature& feature, uint64_t key) const {
  Feature result = feature;
  const int32_t mask = tokenizer_->special().mask;
  Random random(key);
  result.ids.clear();
  for (const int32_t id : feature.ids) {
    const bool hide = random.uniform() < hidden_share_ && !tokenizer_->is_special(id);
    if (!hide || mask >= 0) result.ids.push_back(hide ? mask : id);
  }
  if (result.ids.empty()) result.ids = feature.ids;
  return result;
}

int64_t TaskObjective::target_count(const Batch& batch) const {
  return head_ == HeadKind::language_model ? batch.target_count() : batch.B;
}

int64_t TaskObjective::token_count(const Batch& batch) const {
  return std::accumulate(batch.lengths.begin(), batch.lengths.end(), int64_t{0});
}

int64_t TaskObjective::tokens() const {
  int64_t total = 0;
  for (const Feature& feature : features_) total += feature.length();
  return total;
}

Evaluation TaskObjective::evaluate(Model& model) {
  const size_t all = data_.validation.size(), count = std::min(all, evaluated_);
  std::vector<Example> examples;
  for (size_t i = 0; i < count; ++i) examples.push_back(data_.validation[i * all / count]);
  const Score score = task_.score(model, examples, {.decode = false, .beams = 1});
  Evaluation evaluation;
  evaluation.score = score.value;
  evaluation.higher_is_better = score.higher_is_better;
  evaluation.fields = nlohmann::json::object();
  for (const auto& [name, value] : score.fields.items())
    if (value.is_number() && name != "examples" && name != "target_tokens") evaluation.fields[name] = value;
  return evaluation;
}

nlohmann::json TaskObjective::sample(Model& model, const std::string&, uint64_t seed) {
  const Example& example = data_.validation[seed % data_.validation.size()];
  nlohmann::json answer = task_.predict(model, example);
  std::string text;
  for (const char* name : {"label", "answer", "text"})
    if (answer.contains(name)) text = answer[name].get<std::string>();
  std::string given = example.input;
  for (const Message& message : example.messages) given += message.role + ": " + message.content + "\n";
  return {{"prompt", given}, {"text", text}, {"seed", seed}};
}

}  // namespace seedling
