// What a pretraining run records and reports (see pretrain_run.h).
#include "backend/cpu/machine.h"
#include "base/files.h"
#include "commands/pretrain_run.h"
#include "training/run_directory.h"

namespace seedling {

using nlohmann::json;

namespace {

/// "better than a counting 2-gram (2.48); not yet than 3-gram (2.05)": against the rivals that only count.
std::string compare_with_rivals(const json& rivals, double loss) {
  std::string beaten, ahead;
  for (const json& rival : rivals) {
    const double nats = rival.value("nats_per_token", 0.0);
    std::string& list = loss < nats ? beaten : ahead;
    list += concat(list.empty() ? "" : ", ", rival.value("order", 0), "-gram (", nats, ")");
  }
  if (beaten.empty()) return ahead.empty() ? "" : "not yet better than a counting " + ahead;
  return "better than a counting " + beaten + (ahead.empty() ? "" : "; not yet than " + ahead);
}

}  // namespace

void write_run_json(const PretrainRun& run, const PreparedData& data, const json& autopilot, Backend& backend,
                    const CommandContext& context, double ceiling) {
  const std::string precision = backend.activation_type() == DType::bf16 ? "bf16" : "fp32";
  const int threads = context.common.device.threads > 0 ? context.common.device.threads : cpu_info().cores;
  json record = {{"command", "pretrain"},
                 {"flags", flags_to_json(run.given)},
                 {"plan", flags_to_json(run.flags)},
                 {"seed", run.seed},
                 {"data",
                  {{"name", data.name},
                   {"sha256", data.hash},
                   {"train_tokens", data.train->size()},
                   {"validation_tokens", data.validation->size()},
                   {"validation_bytes", data.validation->text_bytes()}}},
                 {"rivals", data.rivals},
                 {"code_version", code_version()},
                 {"machine", describe_machine(backend.name(), precision, threads)}};
  record["machine"]["gemm_gflops"] = ceiling / 1e9;
  if (data.entropy_floor > 0.0) record["entropy_floor"] = data.entropy_floor;
  if (!autopilot.is_null()) record["autopilot"] = autopilot;
  write_json_atomic(run.folder / "run.json", record);
}

json report_run(const PretrainRun& run, const PreparedData& data, const TrainingResult& result,
                int64_t parameters, const CommandContext& context) {
  if (!result.message.empty()) {
    context.say(concat(result.message, "; saved in ", result.checkpoint.string(),
                       ". Go on with: seedling pretrain --resume --out ", run.folder.string()));
  }
  const json best =
      result.evaluation.is_object() ? result.evaluation : json::object();  // stopped before any: empty
  json report = {{"run", run.folder.string()},
                 {"state", result.state},
                 {"steps", result.steps},
                 {"tokens", result.tokens},
                 {"train_loss", result.train_loss},
                 {"val_loss", best.value("val_loss", json())},
                 {"bits_per_byte", best.value("bits_per_byte", json())},
                 {"seconds", result.seconds},
                 {"tokens_per_second", result.tokens_per_second},
                 {"parameters", parameters},
                 {"checkpoint", result.checkpoint.string()}};
  if (best.contains("val_accuracy")) report["val_accuracy"] = best["val_accuracy"];
  if (data.entropy_floor > 0.0) report["entropy_floor"] = data.entropy_floor;
  if (best.contains("val_loss")) {
    const double loss = best["val_loss"].get<double>();
    const std::string words = compare_with_rivals(data.rivals, loss);
    if (!words.empty()) context.say(concat("validation loss ", loss, ": ", words));
    if (data.entropy_floor > 0.0) {
      context.say(concat(best["bits_per_byte"].get<double>(),
                         " bits a byte; no model can get below the text's own entropy, ",
                         data.entropy_floor));
    }
  }
  return report;
}

}  // namespace seedling
