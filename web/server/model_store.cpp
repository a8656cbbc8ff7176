// Models for looking inside (see model_store.h).
#include "web/server/model_store.h"

#include <cstring>

#include "base/error.h"
#include "checkpoint/checkpoint.h"
#include "tokenizer/pipeline.h"
#include "web/server/reply.h"

namespace seedling::server {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr size_t kKept = 4;

DeviceOptions quiet_device() {
  DeviceOptions options;
  options.device = "cpu", options.precision = "fp32", options.threads = 1;
  return options;
}

/// "ID/step-000500" into its two parts; the second is empty where there is none.
std::pair<std::string, std::string> split_name(const std::string& name) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return {name, ""};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

int64_t step_of(const fs::path& checkpoint) {
  const std::string name = checkpoint.filename().string();
  return name.rfind("step-", 0) == 0 ? std::atoll(name.c_str() + 5) : 0;
}

}  // namespace

void FairMutex::lock() {
  std::unique_lock lock(mutex_);
  const uint64_t mine = next_++;
  turn_.wait(lock, [&] { return serving_ == mine; });
}

void FairMutex::unlock() {
  {
    const std::lock_guard lock(mutex_);
    ++serving_;
  }
  turn_.notify_all();
}

fs::path ModelStore::folder_of(const std::string& name) {
  const fs::path folder = store_.checkpoint(name);
  if (folder.empty()) refuse_not_found("there is no model \"" + name + "\" (or it has no checkpoint yet)");
  return folder;
}

ModelStore::Lease ModelStore::get(const std::string& name) {
  const auto [id, which] = split_name(name);
  mutex_.lock();
  try {
    std::shared_ptr<LoadedModel> loaded;
    if (which.empty() || which == "live") {
      const auto session = manager_.live(id);
      if (session) loaded = live_copy(id, *session);
      if (!loaded && which == "live") refuse_not_found("the run \"" + id + "\" has no live weights here");
    }
    if (which == "seed") loaded = seed_of(id);
    if (!loaded) loaded = read(folder_of(name));
    loaded->name = name;
    return Lease(mutex_, std::move(loaded));
  } catch (const HttpError&) {
    mutex_.unlock();
    throw;
  } catch (const Error& error) {
    mutex_.unlock();
    refuse_out_of_range(std::string("the model cannot be used: ") + error.what());
  } catch (...) {
    mutex_.unlock();
    throw;
  }
}

/// The parameters of the model that trains, as they are between two steps. Null where there is none (yet, or
/// any more).
std::shared_ptr<LoadedModel> ModelStore::live_copy(const std::string& id, Session& session) {
  const auto snapshot = session.snapshot();
  if (snapshot->state != "running" && snapshot->state != "paused") return nullptr;
  const std::string key = id + "/live";
  std::shared_ptr<LoadedModel> copy;
  for (auto it = kept_.begin(); it != kept_.end(); ++it) {
    if ((*it)->folder == fs::path(key)) copy = *it, kept_.erase(it);
    if (copy) break;
  }
  bool fresh = copy && copy->step == snapshot->step;
  if (!fresh) {
    const bool looked = session.run_between_steps([&] {
      Model* live = session.model();
      if (live == nullptr || session.tokenizer() == nullptr) return;
      if (!copy) {
        copy = std::make_shared<LoadedModel>();
        copy->folder = key;
        copy->backend = make_backend(quiet_device());
        copy->model = std::make_unique<Model>(live->config(), *copy->backend, false);
      }
      const Tensor from = live->parameters().values(), to = copy->model->parameters().values();
      if (from.bytes() != to.bytes()) return;
      live->backend().copy_to_host(to.raw(), from.raw(), to.bytes());
      // The trainer's own tokenizer goes when the run ends.
      if (!copy->tokenizer) {
        const Tokenizer& own = *session.tokenizer();
        copy->tokenizer = make_tokenizer(own.tokenizer_json(), own.config_json(), "the live run's tokenizer");
      }
      copy->step = session.snapshot()->step;
      fresh = true;
    });
    if (!looked || !fresh) return nullptr;
    copy->backend->parameters_changed();
  }
  kept_.push_front(copy);
  if (kept_.size() > kKept) kept_.pop_back();
  return copy;
}

std::shared_ptr<LoadedModel> ModelStore::read(const fs::path& folder) {
  for (auto it = kept_.begin(); it != kept_.end(); ++it) {
    if ((*it)->folder != folder) continue;
    kept_.splice(kept_.begin(), kept_, it);
    return kept_.front();
  }
  auto loaded = std::make_shared<LoadedModel>();
  loaded->folder = folder;
  loaded->step = step_of(folder);
  loaded->backend = make_backend(quiet_device());
  loaded->tokenizer = load_tokenizer(folder);
  loaded->model = std::make_unique<Model>(load_config(folder), *loaded->backend, false);
  load_parameters(*loaded->model, folder);
  loaded->backend->parameters_changed();
  ++loads_;
  kept_.push_front(loaded);
  if (kept_.size() > kKept) kept_.pop_back();
  return loaded;
}

/// The weights before the first step: random numbers made again from the run's seed, or the model that it
/// began from.
std::shared_ptr<LoadedModel> ModelStore::seed_of(const std::string& id) {
  const fs::path shaped = folder_of(id);  // any of its checkpoints has the shape and the tokenizer
  const json description = store_.find(id)->description();
  const json from = run_flag(description, "from"), seed = run_flag(description, "seed");
  if (from.is_string() && from != "scratch") return read(resolve_model_dir(from.get<std::string>()));
  const fs::path key = id + "/seed";
  for (auto it = kept_.begin(); it != kept_.end(); ++it) {
    if ((*it)->folder == key) return kept_.splice(kept_.begin(), kept_, it), kept_.front();
  }
  auto made = std::make_shared<LoadedModel>();
  made->folder = key;
  made->backend = make_backend(quiet_device());
  made->tokenizer = load_tokenizer(shaped);
  ModelConfig config = load_config(shaped);
  config.zero_init = run_flag(description, "zero_init") == true;
  made->model = std::make_unique<Model>(config, *made->backend, false);
  made->model->initialize(seed.is_number_unsigned() ? seed.get<uint64_t>() : 1);
  made->backend->parameters_changed();
  kept_.push_front(made);
  if (kept_.size() > kKept) kept_.pop_back();
  return made;
}

std::unique_ptr<LoadedModel> ModelStore::copy_for_training(const LoadedModel& from) {
  auto copy = std::make_unique<LoadedModel>();
  copy->name = from.name, copy->step = from.step, copy->tokenizer = from.tokenizer;
  copy->backend = make_backend(quiet_device());
  copy->model = std::make_unique<Model>(from.model->config(), *copy->backend, true);
  const Tensor source = from.model->parameters().values(), target = copy->model->parameters().values();
  std::memcpy(target.raw(), source.raw(), target.bytes());
  copy->backend->parameters_changed();
  return copy;
}

}  // namespace seedling::server
