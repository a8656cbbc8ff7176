// Targets, losses and texts: see writing.h.
#include "tasks/writing.h"

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "tasks/chat.h"
#include "tasks/decoding.h"

namespace seedling {

Feature writing_feature(const std::vector<std::pair<std::vector<int32_t>, bool>>& pieces, size_t number) {
  Feature feature;
  feature.example = number;
  for (const auto& [ids, learned] : pieces) {
    for (const int32_t id : ids) {
      if (!feature.ids.empty()) feature.targets.push_back(learned ? id : -1);
      feature.ids.push_back(id);
    }
  }
  // The last token predicts nothing any more and would only be read: it goes.
  if (feature.ids.size() > 1) feature.ids.pop_back();
  feature.targets.resize(feature.ids.size(), -1);
  return feature;
}

Score score_loss(Model& model, const std::vector<Feature>& features, int64_t longest, int64_t tokens) {
  LossSum total;
  in_batches(features, longest, tokens, [&](const Batch& batch, const std::vector<size_t>&) {
    const LossSum part = model.evaluate(batch);
    total.sum += part.sum;
    total.count += part.count;
  });
  Score score;
  score.value = total.mean();
  score.higher_is_better = false;
  score.fields = {
      {"val_loss", total.mean()}, {"perplexity", std::exp(total.mean())}, {"target_tokens", total.count}};
  return score;
}

namespace {

int64_t with_a_quarter_more(int64_t target, int64_t context) {
  const int64_t length = target > 0 ? target : context / 4;
  return std::clamp<int64_t>(length + length / 4 + 4, 1, context / 2);
}

}  // namespace

int64_t most_tokens(const TaskRecord& record, int64_t context) {
  return with_a_quarter_more(record.longest_target, context);
}

int64_t usual_tokens(const TaskRecord& record, int64_t context) {
  return with_a_quarter_more(record.usual_target > 0 ? record.usual_target : record.longest_target, context);
}

std::vector<std::string> write_texts(Model& model, const Tokenizer& tokenizer,
                                     const std::vector<std::vector<int32_t>>& prompts, int64_t most,
                                     int64_t beams) {
  DecodingOptions options;
  options.max_tokens = most;
  options.beams = beams;
  options.end = ending_of(tokenizer).front();
  options.vocabulary = tokenizer.vocab_size();
  std::vector<std::string> texts;
  for (const std::vector<int32_t>& ids : decode_all(model, prompts, options)) {
    std::string text = replace_invalid_utf8(tokenizer.decode(ids));
    const size_t begin = text.find_first_not_of(" \n\t");
    const size_t end = text.find_last_not_of(" \n\t");
    texts.push_back(begin == std::string::npos ? "" : text.substr(begin, end + 1 - begin));
  }
  return texts;
}

}  // namespace seedling
