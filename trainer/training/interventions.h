// The reader's hand on a running training: what each command may ask for, and its line in events.jsonl.
//
// Every intervention acts between two steps and is written with its step, so that --replay can make the same
// ones again and get the same run. Called by training/trainer.cpp and, to refuse early, by the server.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "training/session.h"
#include "training/trainer_state.h"

namespace seedling {

/// Throws UsageError when the command is unknown, "set" names a flag that cannot change in a run or a value
/// out of range, "rewind" has no step, or "fork" has a bad name.
void check_command(const Command& command);

/// The flags that "set" may change while a run goes on.
const std::vector<std::string>& changeable_flags();

/// The settings after "set": a new learning rate takes its lowest rate along in proportion, unless that is
/// given too; new steps end the clock of --minutes.
TrainingFlags changed_settings(const TrainingFlags& settings, const nlohmann::json& arguments);

/// What was given by hand beside --resume and is not as the run's record (run.json, `file`) has it. Throws
/// UsageError for what cannot change in a run.
nlohmann::json changes_by_hand(const nlohmann::json& given, const nlohmann::json& record,
                               const std::string& file);

/// True for the commands that change what is computed or written: those are made again by --replay.
bool is_replayed(const std::string& name);

}  // namespace seedling
