// seedling export: a model as one GGUF file (llama.cpp, Ollama), or as a plain Hugging Face folder.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "checkpoint/gguf.h"
#include "commands/options.h"

namespace seedling {

namespace fs = std::filesystem;

namespace {

struct ExportFlags {
  std::string model, format, out, type = "f16";
};

/// "runs/stories" -> "stories".
std::string name_of_model(const std::string& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return (whole.filename().empty() ? whole.parent_path() : whole).filename().string();
}

void run_export(const ExportFlags& flags, CommandContext& context) {
  const GgufType type = gguf_type(flags.type);
  const std::unique_ptr<Backend> backend = context.open_device();
  const LoadedModel loaded = load_model(flags.model, *backend);
  nlohmann::json result = {{"format", flags.format}, {"out", flags.out}, {"model", loaded.folder.string()}};
  if (flags.format == "hf") {
    save_checkpoint(flags.out, *loaded.model, *loaded.tokenizer, nullptr, {});
  } else {
    const auto warnings =
        export_gguf(flags.out, *loaded.model, *loaded.tokenizer, type, name_of_model(flags.model));
    for (const std::string& warning : warnings) context.say("note: " + warning + ".");
    result["warnings"] = warnings;
    result["type"] = flags.type;
    result["bytes"] = fs::file_size(flags.out);
  }
  context.finish(result, "wrote " + flags.out);
}

}  // namespace

void add_export_command(CLI::App& app, CommandContext& context) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = add_command(app, context, "export", "Write a model for other programs");
  command->add_option("--model", flags->model, "Checkpoint, run or Hugging Face directory")->required();
  command->add_option("--format", flags->format, "gguf (one file) or hf (a folder)")
      ->required()
      ->check(CLI::IsMember({"gguf", "hf"}));
  command->add_option("--out", flags->out, "File or folder to write")->required();
  command->add_option("--type", flags->type, "Of GGUF's matrices: f32, f16 or q8_0")->capture_default_str();
  command->callback([flags, &context] { run_export(*flags, context); });
}

}  // namespace seedling
