// Every flag of a training run in one table: the command line, --config, run.json, the server's POST bodies
// and the intervention "set" all read it, so a flag is described once.
//
// A flag that nobody gave stays empty: the recipe, the preset or the autopilot decides (plan.cpp), and what
// they decided is written back into a full set of flags, which run.json keeps and --resume reads.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace seedling {

/// One flag: its name, the values it takes and what it does.
struct FlagInfo {
  const char* name;
  const char* help;
  double low = 0.0, high = 0.0;   // of numbers; low == high: unlimited
  const char* choices = nullptr;  // of words, separated by |
};

/// The shape of a new model.
struct ModelFlags {
  std::optional<std::string> preset, arch, tokenizer;
  std::optional<int64_t> vocab_size, layers, heads, channels, mlp_channels, context_length, trigrams;
};

/// How it learns; shared by pretrain and finetune.
struct TrainingFlags {
  std::optional<std::string> optimizer, schedule, prompt, out, from, replay;
  std::optional<int64_t> steps, batch_size, grad_accumulation, warmup_steps, eval_every, sample_every,
      checkpoint_every, keep, early_stop;
  std::optional<double> minutes, epochs, dropout, learning_rate, min_learning_rate, weight_decay, momentum,
      beta1, beta2, grad_clip;
  std::optional<bool> resume, recompute;
};

/// What it learns from, and by which recipe.
struct PretrainFlags {
  std::optional<std::string> data, objective, recipe;
  std::optional<int64_t> data_size;
  std::optional<bool> whole_words, see_ahead;
  std::optional<int64_t> length_warmup_steps;
  ModelFlags model;
  TrainingFlags training;
};

/// Calls visit(const FlagInfo&, std::optional<T>&) for each flag, in the order of the help text.
template <typename Flags, typename Visit>
void visit_model_flags(Flags& f, Visit&& visit) {
  visit(FlagInfo{"preset", "Size of the model (default story: sized by this machine)", 0, 0,
                 "nano|baby|story|gpt2|bert-tiny|bert-mini|bert-base"},
        f.preset);
  visit(FlagInfo{"arch", "Architecture (default: what the recipe says)", 0, 0, "gpt2|bert|llama|qwen3"},
        f.arch);
  visit(FlagInfo{"tokenizer", "char, byte, bpe, wordpiece, or a tokenizer.json or its folder"}, f.tokenizer);
  visit(FlagInfo{"vocab-size", "Tokens a trained tokenizer may have", 2, 1e7}, f.vocab_size);
  visit(FlagInfo{"layers", "Transformer blocks", 1, 1000}, f.layers);
  visit(FlagInfo{"heads", "Attention heads; they divide the channels", 1, 1000}, f.heads);
  visit(FlagInfo{"channels", "Width of the residual stream", 1, 1e5}, f.channels);
  visit(
      FlagInfo{"mlp-channels", "Width of the MLP inside a block (default: the architecture's rule)", 1, 1e6},
      f.mlp_channels);
  visit(FlagInfo{"context-length", "Tokens the model sees at once", 2, 1e6}, f.context_length);
  visit(FlagInfo{"trigrams", "Rows of a learned table of hashed trigrams (recipe record; 0: none)", 0, 1e8},
        f.trigrams);
}

template <typename Flags, typename Visit>
void visit_training_flags(Flags& f, Visit&& visit) {
  visit(FlagInfo{"steps", "Optimizer steps", 1, 1e9}, f.steps);
  visit(FlagInfo{"minutes", "Train for so long: the autopilot picks model and steps (default 3)", 0.02, 1e5},
        f.minutes);
  visit(FlagInfo{"epochs", "Passes over the training data", 1e-6, 1e6}, f.epochs);
  visit(FlagInfo{"dropout", "Share of activations dropped while training", 0, 0.95}, f.dropout);
  visit(FlagInfo{"batch-size", "Sequences in one pass; a step sees batch-size x grad-accumulation of them", 1,
                 1e6},
        f.batch_size);
  visit(FlagInfo{"grad-accumulation", "Passes whose gradients are summed for one step", 1, 1e6},
        f.grad_accumulation);
  visit(FlagInfo{"recompute", "Keep only what enters each block, compute the rest again: less memory"},
        f.recompute);
  visit(FlagInfo{"optimizer", "adamw, or muon for the matrices with AdamW for the rest", 0, 0, "adamw|muon"},
        f.optimizer);
  visit(FlagInfo{"learning-rate", "Highest learning rate (of the matrices, with muon)", 0, 1e30},
        f.learning_rate);
  visit(FlagInfo{"min-learning-rate", "Learning rate at the end of the schedule", 0, 1e30},
        f.min_learning_rate);
  visit(FlagInfo{"warmup-steps", "Steps of linear growth from zero to the learning rate", 0, 1e9},
        f.warmup_steps);
  visit(FlagInfo{"schedule", "Course of the learning rate after the warm-up", 0, 0,
                 "cosine|linear|constant|wsd"},
        f.schedule);
  visit(FlagInfo{"weight-decay", "Decoupled decay of matrices (AdamW)", 0, 100}, f.weight_decay);
  visit(FlagInfo{"momentum", "How much of its past steps Muon keeps", 0, 0.99999}, f.momentum);
  visit(FlagInfo{"beta1", "AdamW's memory of the gradient", 0, 0.99999}, f.beta1);
  visit(FlagInfo{"beta2", "AdamW's memory of its square", 0, 0.9999999}, f.beta2);
  visit(FlagInfo{"grad-clip", "Longest gradient allowed (0: any)", 0, 1e30}, f.grad_clip);
  visit(FlagInfo{"eval-every", "Steps between two evaluations of the whole validation split", 1, 1e9},
        f.eval_every);
  visit(FlagInfo{"sample-every", "Steps between two samples", 1, 1e9}, f.sample_every);
  visit(FlagInfo{"checkpoint-every", "Steps between two checkpoints", 1, 1e9}, f.checkpoint_every);
  visit(FlagInfo{"keep", "Checkpoints to keep besides latest and best", 0, 1e6}, f.keep);
  visit(FlagInfo{"early-stop", "Stop after so many evaluations without a better one (0: never)", 0, 1e6},
        f.early_stop);
  visit(FlagInfo{"prompt", "Beginning of the live samples"}, f.prompt);
  visit(FlagInfo{"out", "Run directory (default runs/NAME-N)"}, f.out);
  visit(FlagInfo{"from", "Start from this model instead of random weights"}, f.from);
  visit(FlagInfo{"resume", "Go on from the run directory's latest checkpoint"}, f.resume);
  visit(
      FlagInfo{"replay", "events.jsonl of an earlier run: its interventions are made again, at their steps"},
      f.replay);
}

template <typename Flags, typename Visit>
void visit_pretrain_flags(Flags& f, Visit&& visit) {
  visit(FlagInfo{"data",
                 "UTF-8 file, folder of files, or a named set (default storyworld); several with commas"},
        f.data);
  visit(FlagInfo{"data-size", "Bytes of text to generate (storyworld)", 1000, 1e12}, f.data_size);
  visit(FlagInfo{"objective", "causal: the next token; masked: the hidden ones", 0, 0, "causal|masked"},
        f.objective);
  visit(FlagInfo{"whole-words", "Mask all tokens of a chosen word (masked)"}, f.whole_words);
  visit(
      FlagInfo{
          "see-ahead",
          "Train without the causal mask: the model can read the answer off (for the lesson on the loss)"},
      f.see_ahead);
  visit(FlagInfo{"length-warmup-steps",
                 "Steps in which the windows grow from 32 tokens to the context (masked)", 0, 1e9},
        f.length_warmup_steps);
  visit(FlagInfo{"recipe", "classic: nanoGPT's; fast: Llama shape and Muon; record: everything that helps", 0,
                 0, "classic|fast|record"},
        f.recipe);
  visit_model_flags(f.model, visit);
  visit_training_flags(f.training, visit);
}

/// What a fine-tuning run learns from, and how much of the model may change.
struct FinetuneFlags {
  std::optional<std::string> task, data, validation, test, compare, lora_targets, predictions;
  std::optional<int64_t> examples, lora, freeze;
  std::optional<double> lora_alpha, layer_decay, word_dropout, every_position, read_share, average;
  ModelFlags model;  // of --from scratch
  TrainingFlags training;
};

template <typename Flags, typename Visit>
void visit_finetune_flags(Flags& f, Visit&& visit) {
  visit(FlagInfo{"task", "What to learn; all: every embedded set in turn", 0, 0,
                 "classification|qa|generation|summarization|translation|dialogue|all"},
        f.task);
  visit(FlagInfo{"data",
                 "Training examples: file, folder with train, validation and test, or storyworld[/SET]"},
        f.data);
  visit(FlagInfo{"validation", "Examples that choose the best checkpoint (default: a tenth of --data)"},
        f.validation);
  visit(FlagInfo{"test", "Examples for the final score"}, f.test);
  visit(FlagInfo{"examples", "Use so many of the training examples (0: all)", 0, 1e9}, f.examples);
  visit(FlagInfo{"compare", "Train the same from random weights as well, with 20, 200, 2000 and all examples",
                 0, 0, "scratch"},
        f.compare);
  visit(FlagInfo{"lora", "Rank of low-rank updates trained in the weights' stead (0: train the weights)", 0,
                 4096},
        f.lora);
  visit(FlagInfo{"lora-alpha", "Scale of the updates is alpha / rank (default: twice the rank)", 0, 1e6},
        f.lora_alpha);
  visit(FlagInfo{"lora-targets",
                 "Parts that get updates, with commas between (default: the token table and every linear "
                 "layer of a block)"},
        f.lora_targets);
  visit(FlagInfo{"freeze", "Keep the embedding and the first N blocks as they are", 0, 1000}, f.freeze);
  visit(FlagInfo{"layer-decay", "Each block below the last learns this many times slower", 0.05, 1},
        f.layer_decay);
  visit(FlagInfo{"word-dropout", "Share of a text's tokens hidden while training (classification)", 0, 0.9},
        f.word_dropout);
  visit(FlagInfo{"every-position", "Share of a classifier's loss that asks every position for the label", 0,
                 0.95},
        f.every_position);
  visit(FlagInfo{"read-share",
                 "Share of the run that learns to write the given text too, not the answer alone", 0, 1},
        f.read_share);
  visit(
      FlagInfo{"average",
               "The model is the mean of the weights over this share of the steps so far (0: the last ones)",
               0, 1},
      f.average);
  visit(FlagInfo{"predictions", "File for the prediction on every test example (JSON lines)"}, f.predictions);
  visit_model_flags(f.model, visit);
  visit_training_flags(f.training, visit);
}

/// Throws UsageError when the value is outside what the flag takes.
void check_flag(const FlagInfo& info, double value);
void check_flag(const FlagInfo& info, const std::string& value);
inline void check_flag(const FlagInfo&, bool) {}
inline void check_flag(const FlagInfo& info, int64_t value) { check_flag(info, static_cast<double>(value)); }

/// The flags that are set, by name.
nlohmann::json flags_to_json(const PretrainFlags& flags);
nlohmann::json flags_to_json(const FinetuneFlags& flags);
/// Throws UsageError for an unknown name (suggesting the nearest), a wrong type, or a value out of range.
PretrainFlags pretrain_flags_from_json(const nlohmann::json& json);
FinetuneFlags finetune_flags_from_json(const nlohmann::json& json);
/// Sets in `onto` every flag that is set in `given`.
void override_flags(PretrainFlags& onto, const PretrainFlags& given);

}  // namespace seedling
