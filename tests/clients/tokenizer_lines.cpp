// A tokenizer driven by JSON lines, for check_tokenizers.py: one request a line, one answer a line.
//
//   tokenizer_lines train KIND VOCAB_SIZE MASKED(0|1) TEXT_FILE OUT_DIR
//   tokenizer_lines run TOKENIZER      {"text": T} -> {"ids", "tokens", "offsets", "decoded", "plain"}
//
// T is a string; offsets are byte ranges; decoded is the text of the ids with special tokens, plain without.
// Built by the target of the same name, by no other.
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "tokenizer/tokenizer.h"

using namespace seedling;
using nlohmann::json;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int train(char** argv) {
  const TokenizerOptions options{argv[0], std::atoll(argv[1]), argv[2][0] == '1'};
  const std::string text = read_file(argv[3]);
  auto start = std::chrono::steady_clock::now();
  const auto tokenizer = train_tokenizer(options, [&](const auto& consume) { consume(text); });
  const double trained = seconds_since(start);
  save_tokenizer(*tokenizer, argv[4]);
  start = std::chrono::steady_clock::now();
  const size_t count = tokenizer->encode(text).size();
  const double encoded = seconds_since(start);
  std::cout << json{{"vocab_size", tokenizer->vocab_size()},
                    {"bytes", text.size()},
                    {"tokens", count},
                    {"train_seconds", trained},
                    {"encode_seconds", encoded}}
            << std::endl;
  return 0;
}

int run(const std::string& path) {
  const auto tokenizer = load_tokenizer(path);
  for (std::string line; std::getline(std::cin, line);) {
    const std::string text = json::parse(line)["text"];
    std::vector<std::pair<size_t, size_t>> offsets;
    const std::vector<int32_t> ids = tokenizer->encode_with_offsets(text, offsets);
    if (ids != tokenizer->encode(text)) fail("encode and encode_with_offsets differ");
    json tokens = json::array();
    for (const int32_t id : ids) tokens.push_back(tokenizer->token_text(id));
    std::cout << json{{"ids", ids},
                      {"tokens", tokens},
                      {"offsets", offsets},
                      {"decoded", replace_invalid_utf8(tokenizer->decode(ids, false))},
                      {"plain", replace_invalid_utf8(tokenizer->decode(ids, true))}}
              << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 7 && std::string(argv[1]) == "train") return train(argv + 2);
    if (argc == 3 && std::string(argv[1]) == "run") return run(argv[2]);
    std::cerr << "usage: tokenizer_lines train KIND VOCAB_SIZE MASKED TEXT_FILE OUT_DIR | run TOKENIZER\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "tokenizer_lines: " << error.what() << '\n';
    return 1;
  }
}
