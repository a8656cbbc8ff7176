// libFuzzer target: safetensors files, config.json, adapter_config.json and trainer_state.json from a hostile
// hand. Every input must end in an Error or a result, never in a crash, a hang or a huge allocation.
//
//   cmake -S . -B build/fuzz -DCMAKE_CXX_COMPILER=clang++ -DSEEDLING_FUZZ=ON -DSEEDLING_SANITIZE_ADDRESS=ON \
//     -DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link
//   cmake --build build/fuzz --target fuzz_checkpoint
//   build/fuzz/fuzz_checkpoint -max_total_time=60 -rss_limit_mb=1024
//
// The first byte chooses the kind of file.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/names.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/state_file.h"

using namespace seedling;
namespace fs = std::filesystem;

namespace {

const fs::path& scratch() {
  static const fs::path folder = [] {
    const fs::path path = fs::temp_directory_path() / ("seedling-fuzz-" + std::to_string(getpid()));
    fs::create_directories(path);
    return path;
  }();
  return folder;
}

fs::path put(const std::string& name, const uint8_t* data, size_t size) {
  std::ofstream(scratch() / name, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return scratch() / name;
}

void read_tensors(const fs::path& path) {
  const Safetensors file = Safetensors::open_file(path);
  for (const StoredTensor& tensor : file.tensors()) {
    if (tensor.dtype != "F32" && tensor.dtype != "F16" && tensor.dtype != "BF16") continue;
    if (!tensor.floats().empty() && tensor.bytes == 0) __builtin_trap();
  }
}

void read_config(const fs::path& path) {
  const ModelConfig config = config_from_json(read_json(path), "config.json");
  if (config.model_type != "seedling" && config.layers < 100) tensor_entries(config);
  config_to_json(config, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  try {
    switch (data[0] % 3) {
      case 0:
        read_tensors(put("x.safetensors", data + 1, size - 1));
        break;
      case 1:
        read_config(put("config.json", data + 1, size - 1));
        break;
      default:
        put("trainer_state.json", data + 1, size - 1);
        read_trainer_state(scratch());
    }
  } catch (const Error&) {
    // The one right answer to a bad file.
  }
  return 0;
}
