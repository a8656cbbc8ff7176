// What train_task (finetune_train.cpp) is made of: which weights learn, and what run.json says of the run.
#pragma once

#include <map>
#include <string>

#include "backend/backend.h"
#include "checkpoint/adapter.h"
#include "commands/finetune_run.h"
#include "model/model.h"

namespace seedling {

// --- finetune_weights.cpp: which weights learn ---

/// The low-rank updates that the flags ask for, and how they are saved.
struct LoraPlan {
  Adapter adapter;  // without values
  std::map<std::string, LowRank> updates;
};

/// Throws UsageError where there is no model to update.
LoraPlan plan_lora(const FinetuneFlags& flags, const FinetuneStart& start);

/// Who learns, and how fast: all, those above --freeze, or the low-rank updates and the task's head alone.
void choose_trainable(Model& model, const FinetuneFlags& flags, bool lora);

/// The adapter with the model's values, to be saved; and the values back in the model.
Adapter filled(Adapter adapter, Model& model);
void put_back(Model& model, const Adapter& adapter);

// --- finetune_record.cpp: run.json ---

void write_record(const FinetuneJob& job, const FinetuneFlags& plan, const FinetuneStart& start,
                  const TaskData& data, Backend& backend, const CommandContext& context, double ceiling);

/// The stored plan of a run that goes on, and `changes` given by hand, which become an intervention where it
/// goes on. Throws where its data have changed, or a flag that cannot.
FinetuneFlags read_record(const FinetuneJob& job, const TaskData& data, CommandContext& context,
                          nlohmann::json& changes);

}  // namespace seedling
