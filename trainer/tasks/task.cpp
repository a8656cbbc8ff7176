// The list of tasks, and what a model remembers of its own: see task.h.
#include "tasks/task.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "tasks/chat.h"
#include "tasks/example_set.h"
#include "tokenizer/pipeline.h"

namespace seedling {

namespace {

using nlohmann::json;

constexpr char kRecordKey[] = "seedling_task";

/// What is longer than nearly all others does not decide how much room the others get.
constexpr double kNearlyAll = 0.98;

/// The length that this share of `lengths` does not exceed; 0 of none.
int64_t quantile(std::vector<int64_t> lengths, double share) {
  if (lengths.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(lengths.size() - 1) + 0.5);
  std::nth_element(lengths.begin(), lengths.begin() + at, lengths.end());
  return lengths[static_cast<size_t>(at)];
}

}  // namespace

std::vector<Feature> Task::encode_to_learn(const std::vector<Example>& examples) {
  std::vector<Feature> all;
  for (size_t i = 0; i < examples.size(); ++i)
    for (Feature& feature : encode(examples[i], i)) all.push_back(std::move(feature));
  return all;
}

std::vector<Feature> Task::encode_all(const std::vector<Example>& examples) {
  const int64_t before = cut_;
  std::vector<Feature> all = Task::encode_to_learn(examples);
  cut_ = before;  // scoring happens again and again; what was cut is told once, when training is encoded
  return all;
}

TaskRecord read_task_record(const Tokenizer& tokenizer) {
  TaskRecord record;
  const json& config = tokenizer.config_json();
  if (!config.is_object() || !config.contains(kRecordKey) || !config[kRecordKey].is_object()) return record;
  try {
    const json& stored = config[kRecordKey];
    record.task = stored.value("task", "");
    record.no_answer = stored.value("no_answer", false);
    record.longest_target = std::clamp<int64_t>(stored.value("longest_target", int64_t{0}), 0, 1 << 20);
    record.usual_target =
        std::clamp<int64_t>(stored.value("usual_target", record.longest_target), 0, record.longest_target);
  } catch (const json::exception& error) {
    fail("tokenizer_config.json: \"", kRecordKey, "\" is damaged: ", error.what());
  }
  if (!record.task.empty()) check_task_name(record.task);
  return record;
}

std::unique_ptr<Tokenizer> with_task_record(const Tokenizer& tokenizer, const TaskRecord& record) {
  json config = tokenizer.config_json();
  config[kRecordKey] = {{"task", record.task}};
  if (record.task == "qa") config[kRecordKey]["no_answer"] = record.no_answer;
  if (record.longest_target > 0) {
    config[kRecordKey]["longest_target"] = record.longest_target;
    config[kRecordKey]["usual_target"] = record.usual_target;
  }
  if (record.task == "dialogue") config["chat_template"] = chat_template(tokenizer);
  return make_tokenizer(tokenizer.tokenizer_json(), std::move(config), "the fine-tuned model's tokenizer");
}

void check_task_name(const std::string& task) {
  const std::vector<std::string>& tasks = example_tasks();
  if (std::find(tasks.begin(), tasks.end(), task) != tasks.end()) return;
  const std::string nearest = nearest_word(task, tasks.data(), tasks.size());
  fail_usage("there is no task '", task, "'", nearest.empty() ? "" : concat("; did you mean ", nearest, "?"),
             " (classification, qa, generation, summarization, translation, dialogue)");
}

bool task_writes(const std::string& task) {
  check_task_name(task);
  return task != "classification" && task != "qa";
}

HeadKind task_head(const std::string& task, bool causal) {
  if (task_writes(task) || (task == "qa" && causal)) return HeadKind::language_model;
  return task == "qa" ? HeadKind::span : HeadKind::classifier;
}

void check_task_fits(const std::string& task, const ModelConfig& config, const std::string& model) {
  if (!task_writes(task) || config.causal) return;
  fail_usage(model, " is a masked model (", config.model_type,
             "): it fills gaps and cannot write, so it cannot learn ", task,
             ". Use it for classification or qa, or take a causal model (gpt2, llama, qwen3) for ", task,
             ".");
}

TaskRecord task_of_model(const std::string& asked, const ModelConfig& config, const Tokenizer& tokenizer,
                         const std::string& model) {
  if (!asked.empty()) check_task_name(asked);
  TaskRecord record = read_task_record(tokenizer);
  if (config.head == HeadKind::classifier) {
    record.task = "classification";
  } else if (config.head == HeadKind::span) {
    record.task = "qa";
  } else if (!record.task.empty() && task_head(record.task, config.causal) != config.head) {
    record.task.clear();  // a tokenizer of another model's
  }
  if (record.task.empty() && !asked.empty() && task_head(asked, config.causal) == config.head)
    record.task = asked;
  if (record.task.empty()) {
    fail_usage(model, " has not been fine-tuned: it is a ", config.causal ? "causal" : "masked",
               " language model. Make one with `seedling finetune --from ", model, " --task ",
               asked.empty() ? "..." : asked, "`.");
  }
  if (!asked.empty() && asked != record.task)
    fail_usage(model, " was fine-tuned for ", record.task, ", not for ", asked,
               "; ask it with `seedling predict`, or score it with `seedling evaluate --task ", record.task,
               "`");
  return record;
}

std::unique_ptr<Task> make_task(const TaskRecord& record, const Tokenizer& tokenizer,
                                const ModelConfig& config) {
  require(task_head(record.task, config.causal) == config.head ||
              (record.task == "qa" && config.head == HeadKind::span),
          "a task's model has the task's head");
  if (record.task == "classification") return make_classification(record, tokenizer, config);
  if (record.task == "qa") return make_questions(record, tokenizer, config);
  if (record.task == "dialogue") return make_dialogue(record, tokenizer, config);
  return make_completion(record, tokenizer, config);
}

TaskRecord record_for(const std::string& task, const std::vector<Example>& train,
                      const Tokenizer& tokenizer) {
  TaskRecord record;
  record.task = task;
  std::vector<int64_t> lengths;
  for (const Example& example : train) {
    record.no_answer = record.no_answer || (task == "qa" && example.answers.empty());
    std::vector<std::string> targets = example.targets;
    for (const Answer& answer : example.answers) targets.push_back(answer.text);
    for (const Message& message : example.messages)
      if (message.role == "assistant") targets.push_back(message.content);
    for (const std::string& target : targets)
      lengths.push_back(static_cast<int64_t>(tokenizer.encode(target).size()));
  }
  record.longest_target = quantile(lengths, 1.0);
  record.usual_target = quantile(std::move(lengths), kNearlyAll);
  return record;
}

int64_t context_for(const std::vector<Example>& train, const TaskRecord& record, const Tokenizer& tokenizer) {
  constexpr size_t kLooked = 2000;  // examples, evenly over the list
  constexpr int64_t kStep = 64;
  const size_t count = std::min(train.size(), kLooked);
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < count; ++i)
    lengths.push_back(
        static_cast<int64_t>(tokenizer.encode(input_of(train[i * train.size() / count])).size()));
  const bool in_input = record.task == "dialogue" || record.task == "classification";
  const int64_t frame = 8, answer = in_input ? 0 : record.usual_target;
  return (quantile(std::move(lengths), kNearlyAll) + answer + frame + kStep - 1) / kStep * kStep;
}

}  // namespace seedling
