// Runs as functions: what `seedling pretrain` does, for the command itself and for the server, which starts
// them too.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "commands/options.h"
#include "training/flags.h"
#include "training/session.h"

namespace seedling {

/// Trains from the flags to the report (the command's JSON result). Tells the session all the way. `settled`,
/// when given, is called once with the run's folder, before any work is done. Throws Error and UsageError.
nlohmann::json run_pretrain(const PretrainFlags& given, CommandContext& context, Session& session,
                            const std::function<void(const std::filesystem::path&)>& settled = nullptr);

/// The same of `seedling finetune`.
nlohmann::json run_finetune(const FinetuneFlags& given, CommandContext& context, Session& session,
                            const std::function<void(const std::filesystem::path&)>& settled = nullptr);

}  // namespace seedling
