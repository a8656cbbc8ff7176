// One input through whatever head a model has (see predict.h); the tasks themselves are in trainer/tasks.
#include "web/server/predict.h"

#include "tasks/task.h"
#include "web/server/generation.h"
#include "web/server/reply.h"

namespace seedling::server {

using nlohmann::json;

void require_generator(const Model& model) {
  if (!model.config().causal || model.config().head != HeadKind::language_model) {
    refuse_out_of_range(
        "this model writes no text: use fill for a masked model, predict for a fine-tuned one");
  }
}

json predict_one(ModelStore::Lease& lease, const std::string& input, const std::string& context) {
  const TaskRecord record = task_of_model("", lease.model().config(), lease.tokenizer(), lease->name);
  Example example;
  example.input = input, example.context = context;
  return make_task(record, lease.tokenizer(), lease.model().config())->predict(lease.model(), example);
}

json answer_one(ModelStore::Lease& lease, const std::string& input, const std::string& context,
                const SamplingOptions& options, const std::function<bool()>& wanted) {
  const ModelConfig& config = lease.model().config();
  const bool tuned = !read_task_record(lease.tokenizer()).task.empty();
  if (config.head == HeadKind::language_model && config.causal && !tuned) {
    const auto each = [&](const Piece&) { return wanted(); };
    return {{"text", generate_text(lease, lease.tokenizer().encode(input), options, {}, each).text}};
  }
  if (config.head == HeadKind::masked_language_model) {
    std::string text;
    for (const auto& mask : fill_masks(lease.model(), lease.tokenizer(), input, 1)) {
      text += (text.empty() ? "" : ", ") + (mask.empty() ? std::string() : mask.front().token);
    }
    return {{"text", text}};
  }
  json prediction = predict_one(lease, input, context);
  if (!prediction.contains("text")) {
    prediction["text"] = prediction.contains("label") ? prediction["label"] : prediction["answer"];
  }
  return prediction;
}

}  // namespace seedling::server
