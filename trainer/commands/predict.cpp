// seedling predict: asks a fine-tuned model about one input.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "checkpoint/checkpoint.h"
#include "commands/options.h"
#include "tasks/task.h"

namespace seedling {

namespace {

struct PredictFlags {
  std::string model, input, context;
  bool has_context = false;
};

void run_predict(const PredictFlags& flags, CommandContext& context) {
  const std::unique_ptr<Backend> backend = context.open_device();
  const LoadedModel loaded = load_model(flags.model, *backend);
  const TaskRecord record = task_of_model("", loaded.model->config(), *loaded.tokenizer, flags.model);
  const bool asks = record.task == "qa";
  if (asks && !flags.has_context)
    fail_usage(flags.model, " answers questions about a text; give the text with --context");
  if (!asks && flags.has_context)
    fail_usage("--context is for question answering; ", flags.model, " was fine-tuned for ", record.task);
  const std::unique_ptr<Task> task = make_task(record, *loaded.tokenizer, loaded.model->config());
  Example example;
  example.input = flags.input;
  example.context = flags.context;
  const nlohmann::json answer = task->predict(*loaded.model, example);
  std::string text;
  for (const char* name : {"label", "answer", "text"})
    if (answer.contains(name)) text = answer[name].get<std::string>();
  context.finish(answer, text.empty() ? (asks ? "(no answer)" : "\n") : text);
}

}  // namespace

void add_predict_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<PredictFlags>();
  CLI::App* command = add_command(app, context, "predict", "Ask a fine-tuned model about one input");
  command->add_option("--model", flags->model, "Fine-tuned run or checkpoint")->required();
  command->add_option("--input", flags->input, "The text, question or prompt")->required();
  CLI::Option* text = command->add_option("--context", flags->context, "The text a question is about");
  command->callback([flags, text, &context] {
    flags->has_context = text->count() > 0;
    run_predict(*flags, context);
  });
}

}  // namespace seedling
