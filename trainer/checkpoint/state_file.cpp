#include "checkpoint/state_file.h"

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checksum.h"

namespace seedling {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kSmallFiles[] = {"config.json", "generation_config.json", "tokenizer.json",
                                       "tokenizer_config.json", "adapter_config.json"};
constexpr char kModelFile[] = "model.safetensors", kAdapterFile[] = "adapter_model.safetensors";

std::string own_checksum(json state) {
  state.erase("checksum");
  return checksum(state.dump());
}

/// Reads and verifies; null when it was written by another program (Hugging Face's Trainer has a file of this
/// name).
json read_verified(const fs::path& path) {
  json state = read_json(path);
  if (!state.is_object() || !state.contains("checksum") || !state.contains("files")) return nullptr;
  if (state["checksum"] != own_checksum(state))
    fail(path.string(),
         ": the content does not match its checksum, so the file was damaged or changed since it was saved. "
         "Use another checkpoint.");
  return state;
}

}  // namespace

void write_trainer_state(const fs::path& folder, json state, const std::string& model_checksum) {
  require(state.is_object() && !state.contains("files") && !state.contains("checksum"),
          "a trainer's state is an object without 'files' and 'checksum'");
  json files = {{fs::exists(folder / kModelFile) ? kModelFile : kAdapterFile, model_checksum}};
  for (const char* name : kSmallFiles)
    if (fs::exists(folder / name)) files[name] = checksum(read_file(folder / name));
  state["files"] = files;
  state["checksum"] = own_checksum(state);
  write_json_atomic(folder / "trainer_state.json", state);
}

json read_trainer_state(const fs::path& folder) {
  const fs::path path = folder / "trainer_state.json";
  if (!fs::exists(path))
    fail(folder.string(),
         ": there is no trainer_state.json here, so training cannot be resumed from this folder. "
         "Start from its weights instead (--from).");
  json state = read_verified(path);
  if (state.is_null())
    fail(path.string(),
         ": was not written by Seedling, so training cannot be resumed from it. Start from its weights "
         "instead (--from).");
  state.erase("files");
  state.erase("checksum");
  return state;
}

void verify_files(const fs::path& folder, const Safetensors& model) {
  const fs::path path = folder / "trainer_state.json";
  if (!fs::exists(path)) return;
  const json state = read_verified(path);
  if (state.is_null()) return;
  const auto complain = [&](const char* name) {
    fail((folder / name).string(),
         ": is not the file that was saved with this checkpoint (its checksum differs). Use another "
         "checkpoint; if the change is intended, delete trainer_state.json: the model then loads, but its "
         "training cannot be resumed.");
  };
  for (const char* name : kSmallFiles) {
    const auto stored = state["files"].find(name);
    if (stored == state["files"].end()) continue;
    if (!fs::exists(folder / name))
      fail((folder / name).string(), ": is missing from this checkpoint. Use another checkpoint.");
    if (*stored != checksum(read_file(folder / name))) complain(name);
  }
  for (const char* name : {kModelFile, kAdapterFile}) {
    const auto stored = state["files"].find(name);
    if (stored != state["files"].end() && *stored != model.checksum()) complain(name);
  }
}

}  // namespace seedling
