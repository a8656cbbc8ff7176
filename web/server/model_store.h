// Models for looking inside and playing with, apart from those that train.
//
// Checkpoints are read into models of their own (the last few are kept), and a live run's weights are copied,
// between two of its steps, into such a model too. All work on them happens one at a time, on one thread of
// arithmetic, so that a curious page takes little from the training beside it. Called by: routes of the
// playground, inspect views, openai.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "model/model.h"
#include "tokenizer/tokenizer.h"
#include "web/server/run_manager.h"
#include "web/server/run_store.h"

namespace seedling::server {

/// First come, first served (std::mutex may starve the one who waits while a generation goes from token to
/// token).
class FairMutex {
 public:
  void lock();
  void unlock();

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  uint64_t next_ = 0, serving_ = 0;
};

struct LoadedModel {
  std::string name;  // as asked for: "ID", "ID/step-000500"
  int64_t step = 0;
  std::filesystem::path folder;  // of the checkpoint; empty for live weights
  std::unique_ptr<Backend> backend;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<Model> model;
};

class ModelStore {
 public:
  ModelStore(RunStore& store, RunManager& manager) : store_(store), manager_(manager) {}

  /// Exclusive use of a model; all others wait until it goes.
  class Lease {
   public:
    Lease(FairMutex& mutex, std::shared_ptr<LoadedModel> loaded)
        : lock_(mutex, std::adopt_lock), loaded_(std::move(loaded)) {}
    LoadedModel* operator->() const { return loaded_.get(); }
    Model& model() const { return *loaded_->model; }
    const Tokenizer& tokenizer() const { return *loaded_->tokenizer; }
    /// Lets those that wait go first (between two tokens of a generation).
    void yield() { lock_.unlock(), lock_.lock(); }

   private:
    std::unique_lock<FairMutex> lock_;
    std::shared_ptr<LoadedModel> loaded_;
  };

  /// MODEL of the server's README. Throws HttpError 404 (no such run or checkpoint), 400 (it cannot be read).
  Lease get(const std::string& name);
  /// A copy of it that can take a training step (gradients allocated), not kept.
  std::unique_ptr<LoadedModel> copy_for_training(const LoadedModel& from);
  /// Where a MODEL lies on the disk; throws HttpError 404.
  std::filesystem::path folder_of(const std::string& name);
  /// How often models were read from the disk (tests).
  int loads() const { return loads_; }

 private:
  std::shared_ptr<LoadedModel> live_copy(const std::string& id, Session& session);
  std::shared_ptr<LoadedModel> read(const std::filesystem::path& folder);
  std::shared_ptr<LoadedModel> seed_of(const std::string& id);

  RunStore& store_;
  RunManager& manager_;
  FairMutex mutex_;
  std::list<std::shared_ptr<LoadedModel>> kept_;  // most recently used first
  int loads_ = 0;
};

}  // namespace seedling::server
