// Running another program: see process.h.
#include "data/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

extern char** environ;

namespace seedling {

ProcessResult run_process(const std::vector<std::string>& argv) {
  constexpr size_t kKept = 4096;
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  if (::pipe(ends) != 0) fail("cannot run ", argv[0], ": ", std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  ProcessResult result;
  if (error != 0) {
    ::close(ends[0]);
    return {127, concat("cannot run ", argv[0], ": ", std::strerror(error))};
  }
  char block[4096];
  ssize_t count = 0;
  while ((count = ::read(ends[0], block, sizeof block)) > 0 || (count < 0 && errno == EINTR)) {
    if (count > 0) result.output.append(block, static_cast<size_t>(count));
    if (result.output.size() > 2 * kKept) result.output.erase(0, result.output.size() - kKept);
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace seedling
