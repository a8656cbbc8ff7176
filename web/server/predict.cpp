// One input through whatever head a model has (see predict.h).
#include "web/server/predict.h"

#include <algorithm>

#include "web/server/generation.h"
#include "web/server/inspect.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

namespace {

json classify(ModelStore::Lease& lease, const std::string& input) {
  const ModelConfig& config = lease.model().config();
  const SpecialTokens& special = lease.tokenizer().special();
  std::vector<int32_t> ids = lease.tokenizer().encode(input);
  const bool framed = !config.causal && special.cls >= 0 && special.sep >= 0;
  const int64_t most = config.context_length - (framed ? 2 : 0);
  if (static_cast<int64_t>(ids.size()) > most) ids.resize(static_cast<size_t>(most));
  if (framed) ids.insert(ids.begin(), special.cls), ids.push_back(special.sep);
  if (ids.empty()) refuse_malformed("the input is empty");
  Batch batch;
  batch.B = 1, batch.T = static_cast<int64_t>(ids.size()), batch.tokens = ids;
  const std::vector<float> logits = lease.model().logits(batch);
  const std::vector<double> p = probabilities_of(logits.data(), static_cast<int64_t>(logits.size()));
  const size_t best = static_cast<size_t>(std::max_element(p.begin(), p.end()) - p.begin());
  json probabilities = json::object();
  for (size_t i = 0; i < p.size(); ++i) probabilities[config.labels[i]] = p[i];
  return {{"label", config.labels[best]}, {"probabilities", probabilities}};
}

std::function<bool(const Piece&)> reading(const std::function<bool()>& wanted) {
  return [wanted](const Piece&) { return wanted(); };
}

}  // namespace

void require_generator(const Model& model) {
  if (!model.config().causal || model.config().head != HeadKind::language_model) {
    refuse_out_of_range(
        "this model writes no text: use fill for a masked model, predict for a fine-tuned one");
  }
}

json predict_one(ModelStore::Lease& lease, const std::string& input, const std::string& context,
                 const std::function<bool()>& wanted) {
  const HeadKind head = lease.model().config().head;
  if (head == HeadKind::classifier) return classify(lease, input);
  if (head == HeadKind::language_model && context.empty()) {
    SamplingOptions greedy;
    greedy.temperature = 0.0f, greedy.max_tokens = 128;
    return {
        {"text", generate_text(lease, lease.tokenizer().encode(input), greedy, {}, reading(wanted)).text}};
  }
  refuse_out_of_range("this model has no task to predict; use generate or fill");
}

json answer_one(ModelStore::Lease& lease, const std::string& input, const std::string& context,
                const SamplingOptions& options, const std::function<bool()>& wanted) {
  const ModelConfig& config = lease.model().config();
  if (config.head == HeadKind::language_model && config.causal) {
    return {
        {"text", generate_text(lease, lease.tokenizer().encode(input), options, {}, reading(wanted)).text}};
  }
  if (config.head == HeadKind::masked_language_model) {
    std::string text;
    for (const auto& mask : fill_masks(lease.model(), lease.tokenizer(), input, 1)) {
      text += (text.empty() ? "" : ", ") + (mask.empty() ? std::string() : mask.front().token);
    }
    return {{"text", text}};
  }
  json prediction = predict_one(lease, input, context, wanted);
  prediction["text"] = prediction.contains("label") ? prediction["label"] : prediction["answer"];
  return prediction;
}

}  // namespace seedling::server
