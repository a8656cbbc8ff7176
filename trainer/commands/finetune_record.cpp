// run.json of a fine-tuning run: written at its beginning, read where it goes on (see finetune_parts.h).
#include <algorithm>

#include "backend/cpu/machine.h"
#include "base/error.h"
#include "base/files.h"
#include "commands/finetune_parts.h"
#include "training/interventions.h"
#include "training/run_directory.h"

namespace seedling {

namespace fs = std::filesystem;
using nlohmann::json;

void write_record(const FinetuneJob& job, const FinetuneFlags& plan, const FinetuneStart& start,
                  const TaskData& data, Backend& backend, const CommandContext& context, double ceiling) {
  const std::string precision = backend.activation_type() == DType::bf16 ? "bf16" : "fp32";
  const int threads = context.common.device.threads > 0 ? context.common.device.threads : cpu_info().cores;
  json record = {
      {"command", "finetune"},
      {"flags", flags_to_json(job.given)},
      {"plan", flags_to_json(plan)},
      {"seed", context.common.seed},
      {"task", *plan.task},
      {"base", job.random_weights ? "random weights, shaped as " + start.base.string() : start.base.string()},
      {"data", data.report},
      {"code_version", code_version()},
      {"machine", describe_machine(backend.name(), precision, threads)}};
  record["data"]["name"] = data.name;
  record["data"]["sha256"] = data.hash;
  record["machine"]["gemm_gflops"] = ceiling / 1e9;
  write_json_atomic(job.folder / "run.json", record);
}

FinetuneFlags read_record(const FinetuneJob& job, const TaskData& data, CommandContext& context) {
  const fs::path file = job.folder / "run.json";
  const json record = read_json(file);
  if (record.value("command", "") != "finetune" || !record.contains("plan"))
    fail(file.string(), ": is not the record of a fine-tuning run; it cannot be resumed");
  if (record["data"].value("sha256", "") != data.hash)
    fail(data.train_file.string(),
         ": the examples have changed since the run began; a run is resumed on the same");
  context.common.seed = record.value("seed", context.common.seed);
  DeviceOptions& device = context.common.device;
  if (device.precision == "auto") device.precision = record.value("/machine/precision"_json_pointer, "auto");
  return finetune_flags_from_json(record["plan"]);
}

json changes_by_hand(const FinetuneJob& job, const FinetuneFlags& plan) {
  const json given = settings_to_json(job.given.training), planned = settings_to_json(plan.training);
  const std::vector<std::string>& changeable = changeable_flags();
  json changes = json::object();
  for (const auto& [name, value] : given.items()) {
    if (planned.contains(name) && planned[name] == value) continue;
    if (std::find(changeable.begin(), changeable.end(), name) != changeable.end()) changes[name] = value;
  }
  return changes;
}

}  // namespace seedling
