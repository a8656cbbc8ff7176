// What pages ask of the runs that this process trains: to start one, to fork one, to act between two steps.
// Every request is checked here before the trainer hears of it (run_manager.h has the runs themselves).
#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "web/server/assets.h"
#include "web/server/fields.h"
#include "web/server/reply.h"
#include "web/server/run_manager.h"

namespace seedling::server {

using nlohmann::json;

namespace {

/// A run goes on as what it is.
void check_command_of(RunFolder& run, const std::string& command) {
  const json own = run.summary()["command"];
  if (own != command)
    refuse_out_of_range("\"command\": the run \"" + run.id() + "\" is a " + own.get<std::string>() + " run");
}

/// A run that is continued must have something left to do.
void check_end(const json& run, const json& changes) {
  const int64_t step = run["step"];
  if (changes.contains("steps")) {
    if (changes["steps"] <= step)
      refuse_out_of_range("\"steps\": the run has taken " + std::to_string(step) + " already");
  } else if (changes.contains("minutes")) {
    const double minutes = (run["metrics"].is_object() ? run["metrics"].value("seconds", 0.0) : 0.0) / 60.0;
    if (changes["minutes"].get<double>() <= minutes)
      refuse_out_of_range("\"minutes\": those of the whole run; it has trained for " + concat(minutes) +
                          " already");
  } else if (run["state"] == "finished") {
    refuse_out_of_range("the run has finished: to go on, it needs more \"steps\" or \"minutes\" in all");
  }
}

}  // namespace

std::string RunManager::start(json body) {
  if (!can_start()) throw HttpError(409, "not_live", "this server cannot start runs; use seedling serve");
  if (!body.is_object()) refuse_malformed("the body must be one JSON object");
  const std::string command = take_string(body, "command");
  if (command != "pretrain" && command != "finetune")
    refuse_unknown("\"command\" must be \"pretrain\" or \"finetune\"");
  for (const char* ours : {"out", "serve", "json", "config", "host", "port"}) {
    if (body.contains(ours)) refuse_unknown("\"" + std::string(ours) + "\" is not the client's to choose");
  }
  if (body.contains("resume") && body["resume"].is_string()) {
    const std::string id = body["resume"];
    body.erase("resume");
    if (!store_.find(id)) refuse_not_found("there is no run \"" + id + "\"");
    if (is_live(id)) throw HttpError(409, "not_live", "the run is training already");
    check_command_of(*store_.find(id), command);
    check_changes(body);
    check_end(store_.find(id)->summary(), body);
    body["resume"] = true, body["out"] = store_.find(id)->folder().string();
    launch(id, command, body);
    return id;
  }
  if (body.contains("resume")) refuse_malformed("\"resume\" is the id of the run to continue");
  if (body.contains("fork")) {
    json fork = take_any(body, "fork");
    return start_fork(command, std::move(fork), body);
  }
  if (body.contains("from") && body["from"].is_string()) {  // a model of this folder, or a path as it stands
    const auto folder = store_.checkpoint(body["from"].get<std::string>());
    if (!folder.empty()) body["from"] = folder.string();
  }
  try {
    for (const char* name : {"data", "validation", "test"}) unpack_lesson_texts(body, name);
    hooks_.check(command, body);
  } catch (const Error& error) {
    refuse_out_of_range(error.what());
  }
  const json named = body.contains("task")     ? body["task"]
                     : body.contains("preset") ? body["preset"]
                                               : json(command);
  const std::string name = named.is_string() && valid_run_id(named) ? named.get<std::string>() : command;
  const std::string id = store_.new_id(name);
  body["out"] = (store_.folder() / id).string();
  launch(id, command, body);
  return id;
}

/// Settings that may change in the middle of a run; none is as good.
void RunManager::check_changes(const json& changes) const {
  if (changes.empty() || !hooks_.check_command) return;
  try {
    hooks_.check_command({"", "set", changes});
  } catch (const Error& error) {
    refuse_out_of_range(error.what());
  }
}

/// Texts of the lessons are inside the program: those that a flag names are put beside the runs, whole.
void RunManager::unpack_lesson_texts(json& flags, const char* name) const {
  if (!flags.contains(name) || !flags[name].is_string()) return;
  const std::string given = flags[name];
  std::string list;
  for (size_t at = 0; at <= given.size();) {  // names and paths with commas between
    const size_t end = std::min(given.find(',', at), given.size());
    std::string part = given.substr(at, end - at);
    const Asset* text = part.rfind("lessons/", 0) == 0 ? find_asset("/" + part) : nullptr;
    if (text != nullptr) {
      const std::filesystem::path file = store_.folder() / ".lessons" / part.substr(part.find('/') + 1);
      std::error_code ignored;  // what cannot be made cannot be written to, which is told with its cause
      std::filesystem::create_directories(file.parent_path(), ignored);
      write_file_atomic(file, std::string(text->bytes));
      part = std::filesystem::absolute(file).string();
    }
    list += (at == 0 ? "" : ",") + part;
    at = end + 1;
  }
  flags[name] = list;
}

/// A new run from a checkpoint of any run, with the changes made to its settings.
std::string RunManager::start_fork(const std::string& command, json fork, const json& changes) {
  if (!fork.is_object()) refuse_malformed("\"fork\" must be {\"run\", \"step\"}");
  const std::string parent = take_string(fork, "run");
  const int64_t step = take_integer(fork, "step", -1, 0, int64_t{1} << 50);
  refuse_rest(fork);
  const auto folder = store_.find(parent);
  if (!folder) refuse_not_found("there is no run \"" + parent + "\"");
  check_command_of(*folder, command);
  std::string checkpoint;
  for (const json& one : folder->checkpoints()) {
    if (step < 0 ? one["latest"].get<bool>() : one["step"] == step) checkpoint = one["name"];
  }
  if (checkpoint.empty()) refuse_out_of_range("the run has no checkpoint of that step");
  check_changes(changes);
  const std::string id = store_.new_id(parent + "-fork");
  copy_for_fork(folder->folder(), checkpoint, store_.folder() / id);
  json flags = changes;
  flags["resume"] = true, flags["out"] = (store_.folder() / id).string();
  launch(id, command, flags);
  return id;
}

json RunManager::command(const std::string& id, json body) {
  if (!body.is_object()) refuse_malformed("the body must be one JSON object");
  const auto session = live(id);
  const auto folder = store_.find(id);
  if (!session && !folder) refuse_not_found("there is no run \"" + id + "\"");
  Command command;
  command.name = take_string(body, "command");
  command.id = command_prefix_ + "-" + std::to_string(++commands_);
  command.arguments = std::move(body);
  std::string new_run;
  if (command.name == "fork") {  // flags may stand beside "command" or in "set"
    json set = command.arguments.value("set", json::object());
    if (!set.is_object()) refuse_malformed("\"set\" must be an object of flag names and values");
    for (const auto& [name, value] : command.arguments.items()) {
      if (name != "set" && name != "name") set[name] = value;
    }
    const json name = command.arguments.value("name", json(nullptr));
    command.arguments = json::object();
    if (!set.empty()) command.arguments["set"] = set;
    if (!name.is_null()) command.arguments["name"] = name;
  }
  try {
    if (hooks_.check_command) hooks_.check_command(command);
  } catch (const Error& error) {
    refuse_out_of_range(error.what());
  }
  if (!session) throw HttpError(409, "not_live", "this process does not train the run \"" + id + "\"");
  if (command.name == "rewind") {
    bool there = false;
    if (folder) {
      for (const json& checkpoint : folder->checkpoints())
        there |= checkpoint["step"] <= command.arguments["step"];
    }
    if (!there) refuse_out_of_range("the run has no checkpoint at or before that step");
  }
  if (command.name == "fork") {
    if (folder && folder->folder().parent_path() != store_.folder())
      refuse_out_of_range("this run is a part of a comparison: fork it from one of its checkpoints");
    if (command.arguments.contains("name")) {
      new_run = command.arguments["name"];
      if (store_.find(new_run)) refuse_out_of_range("there is a run of that name already");
    } else {
      new_run = store_.free_id(id + "-fork");  // the trainer makes the folder
    }
    command.arguments["name"] = new_run;
    const std::string kind = session->snapshot()->command;
    const std::lock_guard lock(mutex_);
    forks_[command.id] = {new_run, kind.empty() ? json("pretrain") : json(kind)};
  }
  json reply = {{"id", command.id}, {"command", command.name}, {"step", session->snapshot()->step}};
  if (!new_run.empty()) reply["run"] = new_run;
  session->post(std::move(command));
  return reply;
}

/// The trainer has written the fork's folder: it is a run that can be continued.
void RunManager::finish_fork(const json& line) {
  std::string id, command;
  {
    const std::lock_guard lock(mutex_);
    const auto fork = forks_.find(line.value("id", ""));
    if (fork == forks_.end()) return;
    id = fork->second.first, command = fork->second.second;
    forks_.erase(fork);
  }
  const auto folder = store_.find(id);
  if (!can_start() || !folder || folder->description().empty()) {
    return hub_.publish("state", {{"id", id},
                                  {"command", command},
                                  {"state", "failed"},
                                  {"live", false},
                                  {"step", 0},
                                  {"steps", 0},
                                  {"metrics", nullptr}});
  }
  try {
    launch(id, command, {{"resume", true}, {"out", folder->folder().string()}});
  } catch (const HttpError&) {  // the server is ending; the fork stays on the disk and can be continued
  }
}

}  // namespace seedling::server
