// seedling tokenizer: trains one, and turns text into ids and back.
//
// encode and decode take --text or --ids, or else answer each line of standard input with a line; with --json
// each answer is one JSON object.
#include <cctype>
#include <charconv>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "commands/options.h"
#include "data/cache.h"
#include "data/prepare.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

namespace {

using nlohmann::json;

struct TokenizerFlags {
  DataOptions data;
  std::string out, tokenizer, text, ids;
};

void run_train(TokenizerFlags flags, CommandContext& context) {
  flags.data.say = [&context](const std::string& line) { context.say(line); };
  flags.data.seed = context.common.seed;
  Source source = find_source(flags.data, cache_folder(""));
  source.split.train = source.corpus.documents;  // nothing is held back: there is no model to validate
  const auto tokenizer = train_on(source, flags.data);
  save_tokenizer(*tokenizer, flags.out);
  context.finish({{"kind", tokenizer->kind()},
                  {"vocab_size", tokenizer->vocab_size()},
                  {"text_bytes", source.corpus.bytes},
                  {"out", flags.out}});
}

/// Answers what was given on the command line, else every line of standard input.
void answer(const CLI::App& command, const std::string& flag, const std::string& given,
            const std::function<void(const std::string&)>& reply) {
  if (command.count(flag) > 0) return reply(given);
  for (std::string line; std::getline(std::cin, line);) reply(line);
}

void print(const CommandContext& context, const json& result, const std::string& text) {
  if (context.common.json)
    context.finish(result);
  else if (!(std::cout << text << '\n'))
    fail("standard output: cannot write the result (closed, or the disk is full)");
}

void encode_text(const Tokenizer& tokenizer, const std::string& text, const CommandContext& context) {
  const std::vector<int32_t> ids = tokenizer.encode(text);
  json tokens = json::array();
  std::string line;
  for (const int32_t id : ids) {
    tokens.push_back(tokenizer.token_text(id));
    line += (line.empty() ? "" : ",") + std::to_string(id);
  }
  print(context, {{"ids", ids}, {"tokens", tokens}}, line);
}

std::vector<int32_t> parse_ids(const std::string& text, int64_t vocab_size) {
  std::vector<int32_t> ids;
  const auto separates = [](char c) { return c == ',' || std::isspace(static_cast<unsigned char>(c)); };
  for (size_t at = 0; at < text.size();) {
    if (separates(text[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < text.size() && !separates(text[end])) ++end;
    int32_t id = -1;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, id);
    if (error != std::errc() || stop != text.data() + end || id < 0 || id >= vocab_size)
      fail_usage("'", text.substr(at, end - at), "' is no id of this tokenizer; ids are numbers from 0 to ",
                 vocab_size - 1, " with commas between");
    ids.push_back(id);
    at = end;
  }
  return ids;
}

}  // namespace

void add_tokenizer_command(CLI::App& app, CommandContext& context) {
  const auto flags = std::make_shared<TokenizerFlags>();
  CLI::App* command = add_command(app, context, "tokenizer", "Train a tokenizer, encode and decode");
  command->require_subcommand(1);

  CLI::App* train = add_command(*command, context, "train", "Train a tokenizer on a text");
  train->add_option("--data", flags->data.data, "File, folder or named data set")->required();
  train->add_option("--kind", flags->data.tokenizer, "bpe, byte, char or wordpiece")
      ->check(CLI::IsMember({"bpe", "byte", "char", "wordpiece"}))
      ->capture_default_str();
  train->add_option("--vocab-size", flags->data.vocab_size, "Tokens at most (bpe, wordpiece)")
      ->capture_default_str();
  train->add_flag("--masked", flags->data.masked, "With [PAD] [UNK] [CLS] [SEP] [MASK], for masked models");
  train->add_option("--out", flags->out, "Folder for tokenizer.json and tokenizer_config.json")->required();
  train->callback([flags, &context] { run_train(*flags, context); });

  const char* where = "Folder with a tokenizer, or its tokenizer.json";
  CLI::App* encode = add_command(*command, context, "encode", "Text to ids");
  encode->add_option("--tokenizer", flags->tokenizer, where)->required();
  encode->add_option("--text", flags->text, "The text; otherwise each line of standard input");
  encode->callback([flags, encode, &context] {
    const auto tokenizer = load_tokenizer(flags->tokenizer);
    answer(*encode, "--text", flags->text,
           [&](const std::string& text) { encode_text(*tokenizer, text, context); });
  });

  CLI::App* decode = add_command(*command, context, "decode", "Ids to text");
  decode->add_option("--tokenizer", flags->tokenizer, where)->required();
  decode->add_option("--ids", flags->ids, "Such as 1,2,3; otherwise each line of standard input");
  decode->callback([flags, decode, &context] {
    const auto tokenizer = load_tokenizer(flags->tokenizer);
    answer(*decode, "--ids", flags->ids, [&](const std::string& line) {
      const std::string text = tokenizer->decode(parse_ids(line, tokenizer->vocab_size()), false);
      print(context, {{"text", text}}, text);
    });
  });
}

}  // namespace seedling
