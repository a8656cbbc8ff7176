// seedling doctor: what this machine has, what will be used, what is wrong.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "backend/cpu/machine.h"
#include "backend/devices.h"
#include "commands/options.h"
#include "training/run_directory.h"
#include "training/speed.h"

namespace seedling {

namespace {

using nlohmann::json;

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
constexpr double kLittleDisk = 2.0, kLittleMemory = 2.0;  // GiB

std::string figure(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

int64_t memory_bytes() {
  return static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<int64_t>(::sysconf(_SC_PAGESIZE));
}

json units_of(const CpuInfo& cpu) {
  json units = json::array();
  if (cpu.avx2) units.push_back("AVX2");
  if (cpu.avx512) units.push_back("AVX-512");
  if (cpu.avx512_bf16) units.push_back("BF16 dots");
  if (cpu.amx_bf16) units.push_back("tiles (AMX BF16)");
  return units;
}

std::string joined(const json& words) {
  std::string text;
  for (const json& word : words) text += (text.empty() ? "" : ", ") + word.get<std::string>();
  return text.empty() ? "none beyond the baseline" : text;
}

/// What a GPU here is and can do, or why there is none to use; not a fault unless --device cuda asks for it.
std::string describe_gpu(json& report) {
  if (!cuda_answers()) {
    report["gpu"] = nullptr;
    return "none that answers, or a program built without CUDA";
  }
  try {
    const std::unique_ptr<Backend> gpu = make_backend({"cuda", "auto", 0});
    const double products = measure_ceiling(*gpu, 0), copies = measure_copy(*gpu);
    report["gpu"] = {{"description", gpu->description()},
                     {"precision", gpu->activation_type() == DType::bf16 ? "bf16" : "fp32"},
                     {"gemm_gflops", products / 1e9},
                     {"copy_bytes_per_second", copies}};
    return concat(gpu->description(), "; matrix products reach ", figure(products / 1e12, 0),
                  " TFLOP/s, copies ", figure(copies / 1e9, 0), " GB/s");
  } catch (const Error& error) {
    report["gpu"] = {{"problem", error.what()}};
    return concat("cannot be used: ", error.what());
  }
}

/// Tries the backend that the flags ask for; a failure is a finding, not the end.
void try_backend(const CommandContext& context, json& report, json& problems) {
  try {
    const std::unique_ptr<Backend> backend = context.open_device();
    const double ceiling = measure_ceiling(*backend, context.common.device.threads);
    report["device"] = backend->name();
    report["precision"] = backend->activation_type() == DType::bf16 ? "bf16" : "fp32";
    report["gemm_gflops"] = ceiling / 1e9;
    DeviceOptions training = context.common.device;
    training.precision = training_precision(training);
    report["training_precision"] =
        training.precision == "auto" ? report["precision"] : json(training.precision);
    if (report["training_precision"] == report["precision"]) return;
    report["training_gemm_gflops"] = measure_ceiling(*make_backend(training), training.threads) / 1e9;
  } catch (const Error& error) {
    problems.push_back(error.what());
  }
}

void run_doctor(CommandContext& context) {
  const CpuInfo& cpu = cpu_info();
  json problems = json::array(),
       report = {{"cpu", cpu.model}, {"cores", cpu.cores}, {"units", units_of(cpu)}};
  const int threads = context.common.device.threads > 0 ? context.common.device.threads : cpu.cores;
  report["threads"] = threads;
  if (threads > cpu.cores) {
    problems.push_back(
        concat("--threads ", threads, " is more than the ", cpu.cores, " cores this process may use"));
  }
  std::string blas_line;
  try {
    const BlasInfo& blas = blas_info();
    report["blas"] = {{"library", blas.library},
                      {"kernel", blas.kernel},
                      {"first_kernel", blas.first_kernel},
                      {"corrected", blas.corrected}};
    blas_line = blas.library + (blas.kernel.empty() ? "" : ", kernel " + blas.kernel);
    blas_line += blas.corrected ? ", corrected: by itself it chose " + blas.first_kernel +
                                      ", which is wrong for this CPU"
                                : ", its own choice";
  } catch (const Error& error) {
    problems.push_back(error.what());
    blas_line = "none";
  }
  try_backend(context, report, problems);
  const std::string gpu_line = describe_gpu(report);
  const double memory = static_cast<double>(memory_bytes()) / kGiB;
  std::error_code error;
  const double disk = static_cast<double>(std::filesystem::space(".", error).available) / kGiB;
  report["memory_bytes"] = memory_bytes();
  report["disk_free_bytes"] = static_cast<int64_t>(error ? 0.0 : disk * kGiB);
  report["version"] = code_version();
  if (memory < kLittleMemory)
    problems.push_back(concat("only ", figure(memory, 1), " GiB of memory: stay with small models"));
  if (error) problems.push_back(concat("the free disk space cannot be read: ", error.message()));
  if (!error && disk < kLittleDisk)
    problems.push_back(concat("only ", figure(disk, 1), " GiB of disk left for checkpoints here"));
  report["problems"] = problems;

  std::string text =
      concat("processor   ", cpu.model, ", ", cpu.cores, " core", cpu.cores == 1 ? "" : "s", "\n");
  text += concat("units       ", joined(report["units"]), "\n");
  text += concat("products    ", blas_line, "\n");
  if (report.contains("device")) {
    text += concat("in use      ", report["device"].get<std::string>(), ", ",
                   report["precision"].get<std::string>(), ", ", threads, " thread", threads == 1 ? "" : "s",
                   "; matrix products reach ", figure(report["gemm_gflops"].get<double>(), 0), " GFLOP/s\n");
  }
  if (report.contains("training_gemm_gflops")) {
    text +=
        concat("training    ", report["training_precision"].get<std::string>(), "; matrix products reach ",
               figure(report["training_gemm_gflops"].get<double>(), 0), " GFLOP/s\n");
  }
  text += concat("GPU         ", gpu_line, "\n");
  text += concat("memory      ", figure(memory, 1), " GiB; free disk here ", figure(disk, 1), " GiB\n");
  text += concat("version     ", code_version(), "\n");
  if (problems.empty()) text += "wrong       nothing found";
  for (const json& problem : problems) text += concat("wrong       ", problem.get<std::string>(), "\n");
  context.finish(report, text);
}

}  // namespace

void add_doctor_command(CLI::App& app, CommandContext& context) {
  CLI::App* command =
      add_command(app, context, "doctor", "What this machine has, what will be used, what is wrong");
  command->callback([&context] { run_doctor(context); });
}

}  // namespace seedling
