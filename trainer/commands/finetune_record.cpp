// run.json of a fine-tuning run: written at its beginning, read where it goes on (see finetune_parts.h).
#include "backend/cpu/machine.h"
#include "base/error.h"
#include "base/files.h"
#include "commands/finetune_parts.h"
#include "commands/run_record.h"
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

FinetuneFlags read_record(const FinetuneJob& job, const TaskData& data, CommandContext& context,
                          json& changes) {
  const json record = read_run_record(job.folder, "finetune");
  if (record["data"].value("sha256", "") != data.hash)
    fail(data.train_file.string(),
         ": the examples have changed since the run began; a run is resumed on the same");
  json given = flags_to_json(job.given);
  for (const char* same : {"data", "validation", "test"}) given.erase(same);  // they may have been moved
  changes = changes_by_hand(given, record, (job.folder / "run.json").string());
  go_on_as(record, job.folder, context);
  return finetune_flags_from_json(record["plan"]);
}

}  // namespace seedling
