// Runs as functions: what `seedling pretrain` does, for the command itself and for the server, which starts
// them too.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "commands/options.h"
#include "training/flags.h"
#include "training/session.h"

namespace seedling {

/// Shows a run on the dashboard, if there is one, as long as what it returns lives.
using ShowRun =
    std::function<std::shared_ptr<void>(const std::filesystem::path& folder, std::shared_ptr<Session>)>;

/// Trains from the flags to the report (the command's JSON result). Tells the session all the way. `settled`,
/// when given, is called once with the run's folder, before any work is done. Throws Error and UsageError.
nlohmann::json run_pretrain(const PretrainFlags& given, CommandContext& context, Session& session,
                            const std::function<void(const std::filesystem::path&)>& settled = nullptr);

/// The same of `seedling finetune`. The runs that a comparison is made of have sessions of their own: `show`
/// is called with each.
nlohmann::json run_finetune(const FinetuneFlags& given, CommandContext& context, Session& session,
                            const std::function<void(const std::filesystem::path&)>& settled = nullptr,
                            const ShowRun& show = nullptr);

}  // namespace seedling
