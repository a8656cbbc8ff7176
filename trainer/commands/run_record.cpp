// What a resumed run keeps (see run_record.h).
#include "commands/run_record.h"

#include "base/error.h"
#include "base/files.h"

namespace seedling {

using nlohmann::json;

json read_run_record(const std::filesystem::path& folder, const std::string& command) {
  const std::string file = (folder / "run.json").string();
  json record = read_json(file);
  if (record.value("command", "") != command || !record.contains("plan") || !record.contains("seed"))
    fail(file, ": is not the record of a ", command, " run; it cannot be resumed as one");
  return record;
}

void go_on_as(const json& record, const std::filesystem::path& folder, CommandContext& context) {
  const auto seed = record["seed"].get<uint64_t>();
  if (context.common.seed_given && context.common.seed != seed)
    fail_usage("--seed ", context.common.seed, " differs from the run's seed ", seed, " (",
               (folder / "run.json").string(), ")");
  context.common.seed = seed;
  const json machine = record.value("machine", json::object());
  DeviceOptions& device = context.common.device;
  if (device.threads == 0) device.threads = machine.value("threads", 0);
  if (device.precision == "auto") device.precision = machine.value("precision", "auto");
}

}  // namespace seedling
