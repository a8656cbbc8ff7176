// Conversations as text: every turn is "role: content" on a line of its own.
//
// The same rule stands as a Jinja template in tokenizer_config.json, so that `transformers`
// (apply_chat_template) and llama.cpp build the same text. An assistant's turn ends with the tokenizer's end
// token before its line break, where it has one: that is what stops it from talking on.
// Called by dialogue.cpp, task.cpp and commands/chat.cpp.
#pragma once

#include <string>
#include <vector>

#include "data/examples.h"
#include "tokenizer/tokenizer.h"

namespace seedling {

/// The Jinja template.
std::string chat_template(const Tokenizer& tokenizer);

/// One piece of an encoded conversation; `learned` pieces are the assistant's own words, each with its end.
struct ChatPiece {
  std::vector<int32_t> ids;
  bool learned = false;
  size_t message = 0;  // which message it is of
};
/// Two pieces a message: "role:" and its words. With `ask`, a last "assistant:" that waits for an answer.
std::vector<ChatPiece> encode_chat(const std::vector<Message>& messages, bool ask,
                                   const Tokenizer& tokenizer);

/// The ids that end a generated text: the end token, or a line break where there is none.
std::vector<int32_t> ending_of(const Tokenizer& tokenizer);

/// The beginning that fits `room` tokens: whole turns are dropped from the front, a system message stays.
/// Returns the ids; `cut` tells whether something is missing.
std::vector<int32_t> chat_prompt(std::vector<Message> messages, int64_t room, const Tokenizer& tokenizer,
                                 bool& cut);

}  // namespace seedling
