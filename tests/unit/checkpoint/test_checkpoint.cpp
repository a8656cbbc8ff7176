// Whole checkpoint folders: bit-for-bit round trips, saves that are cut short, damaged files.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/files.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/folder.h"
#include "checkpoint/safetensors.h"
#include "unit/checkpoint/samples.h"
#include "unit/checkpoint/scratch.h"

using namespace seedling;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A model with its tokenizer and two optimizer tensors a parameter, as the trainer would save them.
struct Run {
  std::unique_ptr<Backend> backend = small_backend();
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Model> model;
  std::vector<std::vector<float>> memory;
  std::vector<NamedTensor> optimizer;

  Run(const std::string& arch, Objective objective, uint64_t seed)
      : Run(small_config(arch, objective), seed) {}
  Run(ModelConfig config, uint64_t seed) {
    tokenizer = small_tokenizer(!config.causal);
    config.vocab_size = tokenizer->vocab_size();
    model = std::make_unique<Model>(config, *backend, false);
    scramble(*model, seed);
    Random random(seed + 100);
    for (Parameter& parameter : model->parameters().all())
      for (const char* suffix : {".adamw.m", ".adamw.v"}) {
        memory.emplace_back(static_cast<size_t>(parameter.size()));
        for (float& value : memory.back()) value = static_cast<float>(random.normal());
        optimizer.push_back(
            {parameter.name + suffix, Tensor(memory.back().data(), DType::f32, {parameter.size()})});
      }
  }
  void save(const fs::path& folder, const json& state) const {
    save_checkpoint(folder, *model, *tokenizer, state, optimizer);
  }
};

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

const json kState = {
    {"step", 17}, {"loss", 0.1 + 0.2}, {"key", 18446744073709551615ull}, {"list", {1, nullptr, "x"}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint)

BOOST_AUTO_TEST_CASE(resume_is_bit_for_bit) {
  for (const Combination& combination : all_combinations()) {
    BOOST_TEST_CONTEXT(combination.name()) {
      const ScratchFolder folder;
      Run run(combination.config(), 1), other(combination.config(), 2);
      BOOST_TEST(!same_parameters(*run.model, *other.model));
      run.save(folder / "step-000017", kState);
      BOOST_TEST(names_in(folder.path()) == (std::set<std::string>{"step-000017"}));
      BOOST_TEST(names_in(folder / "step-000017") ==
                 (std::set<std::string>{"config.json", "generation_config.json", "model.safetensors",
                                        "optimizer.safetensors", "tokenizer.json", "tokenizer_config.json",
                                        "trainer_state.json"}));
      load_config(folder / "step-000017");
      BOOST_TEST(load_parameters(*other.model, folder / "step-000017").empty());
      BOOST_TEST(same_parameters(*run.model, *other.model));
      BOOST_TEST((load_training_state(folder / "step-000017", *other.model, other.optimizer) == kState));
      BOOST_TEST(run.memory == other.memory);
      // And what was loaded saves as the same bytes.
      other.save(folder / "again", kState);
      for (const std::string& name : names_in(folder / "again"))
        BOOST_TEST(read_file(folder / ("again/" + name)) == read_file(folder / ("step-000017/" + name)),
                   name);
    }
  }
}

BOOST_AUTO_TEST_CASE(optimizer_tensors_stand_under_the_names_of_their_weights) {
  const ScratchFolder folder;
  Run("gpt2", Objective::causal, 1).save(folder / "c", kState);
  const Safetensors file = Safetensors::open_file(folder / "c/optimizer.safetensors");
  BOOST_TEST(file.get("transformer.h.0.attn.c_attn.weight.adamw.m").shape == (std::vector<int64_t>{16, 48}));
}

BOOST_AUTO_TEST_CASE(a_model_alone) {
  const ScratchFolder folder;
  Run run("llama", Objective::causal, 1);
  save_checkpoint(folder / "m", *run.model, *run.tokenizer, nullptr, {});
  BOOST_TEST(!fs::exists(folder / "m/trainer_state.json"));
  BOOST_TEST(!fs::exists(folder / "m/optimizer.safetensors"));
  const LoadedModel loaded = load_model(folder / "m", *run.backend);
  BOOST_TEST(same_parameters(*run.model, *loaded.model));
  BOOST_TEST(error_of([&] { load_training_state(folder / "m", *run.model, {}); }).find("cannot be resumed") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_new_head_keeps_its_values) {
  const ScratchFolder folder;
  Run language("bert", Objective::masked, 1), classifier("bert", Objective::classifier, 2);
  language.save(folder / "m", kState);
  const std::vector<float> before =
      values_of(*classifier.model, classifier.model->parameters().find("classifier.weight")->value);
  BOOST_TEST(!error_of([&] { load_parameters(*classifier.model, folder / "m"); }).empty());
  const auto fresh = load_parameters(*classifier.model, folder / "m", true);
  BOOST_TEST(fresh == (std::vector<std::string>{"classifier.bias", "classifier.weight", "pooler.bias",
                                                "pooler.weight"}));
  BOOST_TEST(values_of(*classifier.model, classifier.model->parameters().find("classifier.weight")->value) ==
             before);
  BOOST_TEST(
      values_of(*classifier.model, classifier.model->parameters().find("blocks.1.mlp.up.weight")->value) ==
      values_of(*language.model, language.model->parameters().find("blocks.1.mlp.up.weight")->value));
}

BOOST_AUTO_TEST_CASE(parameters_a_model_does_not_have) {
  // A Qwen3 whose norms have no gains is saved with ones, which must still be ones when it is loaded.
  const ScratchFolder folder;
  Run run("qwen3", Objective::causal, 1);
  ModelConfig config = run.model->config();
  config.norm_gain = false;
  Model plain(config, *run.backend, false), back(config, *run.backend, false);
  scramble(plain, 5);
  save_checkpoint(folder / "m", plain, *run.tokenizer, nullptr, {});
  for (float value : Safetensors::open_model(folder / "m").read("model.layers.1.input_layernorm.weight"))
    BOOST_TEST(value == 1.0f);
  BOOST_TEST(!load_config(folder / "m").norm_gain);
  load_parameters(back, folder / "m");
  BOOST_TEST(same_parameters(plain, back));
  save_checkpoint(folder / "full", *run.model, *run.tokenizer, nullptr, {});
  BOOST_TEST(error_of([&] { load_parameters(back, folder / "full"); }).find("should hold only 1") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_pairs_of_files) {
  const ScratchFolder folder;
  Run gpt2("gpt2", Objective::causal, 1), bert("bert", Objective::masked, 1);
  save_checkpoint(folder / "g", *gpt2.model, *gpt2.tokenizer, nullptr, {});
  save_checkpoint(folder / "b", *bert.model, *bert.tokenizer, nullptr, {});
  BOOST_TEST(error_of([&] { load_parameters(*gpt2.model, folder / "b"); }).find("transformer.wte.weight") !=
             std::string::npos);
  json config = read_json(folder / "g/config.json");
  config["n_embd"] = 32;
  write_json_atomic(folder / "g/config.json", config);
  const std::string message = error_of([&] { load_config(folder / "g"); });
  for (const char* part : {"model.safetensors", "transformer.wte.weight", ", 16]", ", 32]"})
    BOOST_TEST(message.find(part) != std::string::npos, message);
  folder.write("g/config.json", R"({"vocab_size": 1e999})");
  BOOST_TEST(error_of([&] { load_config(folder / "g"); }).find("config.json") != std::string::npos);
  folder.write("g/config.json",
               R"({"vocab_size": )" + std::string(200000, '[') + std::string(200000, ']') + "}");
  BOOST_TEST(error_of([&] { load_config(folder / "g"); }).find("deep") != std::string::npos);
  config["n_embd"] = 16, config["n_layer"] = 10000;
  write_json_atomic(folder / "g/config.json", config);
  BOOST_TEST(error_of([&] { load_config(folder / "g"); }).find("transformer.h.2.") != std::string::npos);
}

/// Every byte of every file of a checkpoint is covered: a flipped bit is an error, or changes nothing.
BOOST_AUTO_TEST_CASE(damaged_files) {
  const ScratchFolder folder;
  Run run("gpt2", Objective::causal, 1), other("gpt2", Objective::causal, 2);
  run.save(folder / "c", kState);
  Random random(9);
  const auto load_all = [&] {
    const ModelConfig config = load_config(folder / "c");
    BOOST_TEST(config.context_length == run.model->config().context_length);
    load_tokenizer(folder / "c");
    load_parameters(*other.model, folder / "c");
    const json state = load_training_state(folder / "c", *other.model, other.optimizer);
    BOOST_TEST((state == kState && same_parameters(*run.model, *other.model) && run.memory == other.memory));
  };
  load_all();
  for (const std::string& name : names_in(folder / "c")) {
    BOOST_TEST_CONTEXT(name) {
      const std::string good = read_file(folder / ("c/" + name));
      int noticed = 0;
      const int rounds = 60;
      for (int round = 0; round < 2 * rounds; ++round) {
        std::string bad = good;
        if (round < rounds) {
          bad[random.below(good.size())] ^= static_cast<char>(1 << random.below(8));
        } else {
          bad.resize(random.below(good.size()));
        }
        folder.write("c/" + name, bad);
        const std::string message = error_of(load_all);
        noticed += !message.empty();
        if (!message.empty()) BOOST_TEST(message.find((folder / "c").string()) != std::string::npos, message);
      }
      // Only a flip in the name of a checksum itself can pass, and it changes nothing that is loaded.
      BOOST_TEST(noticed >= 2 * rounds - 3);
      folder.write("c/" + name, good);
    }
  }
  for (const char* name :
       {"config.json", "model.safetensors", "optimizer.safetensors", "trainer_state.json"}) {
    fs::rename(folder / (std::string("c/") + name), folder / "gone");
    BOOST_TEST(!error_of(load_all).empty(), name);
    fs::rename(folder / "gone", folder / (std::string("c/") + name));
  }
  load_all();
}

BOOST_AUTO_TEST_CASE(another_optimizer_is_refused) {
  const ScratchFolder folder;
  Run run("gpt2", Objective::causal, 1);
  run.save(folder / "c", kState);
  std::vector<NamedTensor> fewer = run.optimizer, renamed = run.optimizer;
  fewer.pop_back();
  renamed.back().name += "uon";
  BOOST_TEST(error_of([&] { load_training_state(folder / "c", *run.model, fewer); }).find("optimizer") !=
             std::string::npos);
  BOOST_TEST(error_of([&] { load_training_state(folder / "c", *run.model, renamed); }).find("uon") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_failed_save_changes_nothing) {
  const ScratchFolder folder;
  Run run("gpt2", Objective::causal, 1);
  run.save(folder / "c", kState);
  const std::string before = read_file(folder / "c/model.safetensors");
  // A model that cannot be expressed: the save fails half way.
  ModelConfig config = run.model->config();
  config.activation = Activation::relu_squared, config.token_shift = true;
  Model strange(config, *run.backend, false);
  BOOST_TEST(!error_of([&] { save_checkpoint(folder / "c", strange, *run.tokenizer, nullptr, {}); }).empty());
  BOOST_TEST(read_file(folder / "c/model.safetensors") == before);
  BOOST_TEST(names_in(folder.path()) == (std::set<std::string>{"c"}));
  // A folder of the user's own is never replaced.
  folder.write("mine/letter.txt", "dear");
  BOOST_TEST(error_of([&] { run.save(folder / "mine", kState); }).find("letter.txt") != std::string::npos);
  folder.write("file", "x");
  BOOST_TEST(error_of([&] { run.save(folder / "file", kState); }).find("not a folder") != std::string::npos);
  BOOST_TEST(error_of([&] { run.save(folder / "file/below", kState); }).find("cannot be made") !=
             std::string::npos);
  // Saving over a checkpoint replaces it.
  run.save(folder / "c", {{"step", 18}});
  BOOST_TEST(load_training_state(folder / "c", *run.model, run.optimizer)["step"] == 18);
  BOOST_TEST(names_in(folder.path()) == (std::set<std::string>{"c", "file", "mine"}));
}

/// Children are killed at random moments while they save over and over; the checkpoint is always whole.
BOOST_AUTO_TEST_CASE(killed_saves) {
  const ScratchFolder folder;
  Run run("gpt2", Objective::causal, 1);
  const fs::path checkpoints = folder / "checkpoints";
  run.save(checkpoints / "step-000000", {{"step", 0}});
  link_checkpoint(checkpoints, "latest", "step-000000");
  Random random(4);
  for (int round = 0; round < 15; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (int step = 1;; ++step) {
        const std::string name = concat("step-00000", step % 3);
        run.save(checkpoints / name, {{"step", step}});
        link_checkpoint(checkpoints, "latest", name);
      }
    }
    usleep(static_cast<useconds_t>(2000 + random.below(30000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    clean_checkpoints(checkpoints);
    for (const std::string& name : names_in(checkpoints)) BOOST_TEST(name[0] != '.', name);
    const fs::path latest = resolve_model_dir(folder.path());
    load_parameters(*run.model, latest);
    BOOST_TEST(load_training_state(latest, *run.model, run.optimizer).contains("step"));
  }
}

BOOST_AUTO_TEST_CASE(cleaning_restores_a_cut_replacement) {
  const ScratchFolder folder;
  // A child's process id is certain to be free again once it has been waited for.
  const pid_t gone = fork();
  if (gone == 0) _exit(0);
  waitpid(gone, nullptr, 0);
  folder.write(concat(".old-a.", gone, "/config.json"), "{}");  // a was moved aside, its successor never came
  folder.write(concat(".old-b.", gone, "/config.json"), "old");  // b's successor did come
  folder.write("b/config.json", "new");
  folder.write(concat(".tmp-c.", gone, "/config.json"), "half");
  folder.write(concat(".tmp-d.", getppid(), "/config.json"), "of a living process");
  folder.write(".hidden/x", "the user's");
  clean_checkpoints(folder.path());
  BOOST_TEST(names_in(folder.path()) ==
             (std::set<std::string>{".hidden", concat(".tmp-d.", getppid()), "a", "b"}));
  BOOST_TEST(read_file(folder / "b/config.json") == "new");
  clean_checkpoints(folder / "nowhere");
}

BOOST_AUTO_TEST_CASE(links_and_runs) {
  const ScratchFolder folder;
  const fs::path run = folder / "run";
  folder.write("run/run.json", "{}");
  BOOST_TEST(error_of([&] { resolve_model_dir(run); }).find("no checkpoint yet") != std::string::npos);
  folder.write("run/checkpoints/step-000001/config.json", "{}");
  folder.write("run/checkpoints/step-000002/config.json", "{}");
  link_checkpoint(run / "checkpoints", "latest", "step-000001");
  link_checkpoint(run / "checkpoints", "latest", "step-000002");
  BOOST_TEST(fs::read_symlink(run / "checkpoints/latest") == "step-000002");
  BOOST_TEST(resolve_model_dir(run).filename() == "step-000002");
  link_checkpoint(run / "checkpoints", "best", "step-000001");
  BOOST_TEST(resolve_model_dir(run).filename() == "step-000001");
  BOOST_TEST(resolve_model_dir(run / "checkpoints/latest").filename() == "step-000002");
  fs::remove_all(run / "checkpoints/step-000001");  // best dangles: the latest is taken
  BOOST_TEST(resolve_model_dir(run).filename() == "step-000002");
  BOOST_TEST(!error_of([&] { resolve_model_dir(folder / "gone"); }).empty());
  BOOST_TEST(!error_of([&] { resolve_model_dir(folder.write("file", "")); }).empty());
  BOOST_TEST(error_of([&] { resolve_model_dir(folder.path()); }).find("config.json") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
