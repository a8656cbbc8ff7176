// Ctrl-C as a request: the first SIGINT or SIGTERM asks the trainer to save and leave, the second ends the
// process.
#pragma once

namespace seedling {

/// While one of these lives, the two signals are caught. Called by commands/ around a run.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// True once a signal came. A signal handler can reach nothing but a static flag, so this is the program's
/// one.
bool interrupted();

}  // namespace seedling
