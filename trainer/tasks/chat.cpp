// Encoding conversations: see chat.h.
#include "tasks/chat.h"

#include <algorithm>

#include "base/error.h"

namespace seedling {

std::vector<int32_t> ending_of(const Tokenizer& tokenizer) {
  if (tokenizer.special().eos >= 0) return {tokenizer.special().eos};
  std::vector<int32_t> line_break = tokenizer.encode("\n");
  if (line_break.size() != 1)
    fail(
        "this model's tokenizer has neither an end token nor a line break, so a text it writes cannot end; "
        "train it with another --tokenizer");
  return line_break;
}

std::string chat_template(const Tokenizer& tokenizer) {
  const bool end = tokenizer.special().eos >= 0;
  return std::string("{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}") +
         (end ? "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}" : "") +
         "{{ '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";
}

std::vector<ChatPiece> encode_chat(const std::vector<Message>& messages, bool ask,
                                   const Tokenizer& tokenizer) {
  const std::vector<int32_t> ending = ending_of(tokenizer), line_break = tokenizer.encode("\n");
  std::vector<ChatPiece> pieces;
  bool after_turn = false,
       open_line = false;  // the line break behind an end token belongs to the next prompt
  for (size_t i = 0; i < messages.size(); ++i) {
    const bool learned = messages[i].role == "assistant";
    ChatPiece role;
    role.message = i;
    if (after_turn && open_line) role.ids = line_break;
    const std::vector<int32_t> name = tokenizer.encode(messages[i].role + ":");
    role.ids.insert(role.ids.end(), name.begin(), name.end());
    ChatPiece words{tokenizer.encode(" " + messages[i].content), learned, i};
    const std::vector<int32_t>& end = learned ? ending : line_break;
    words.ids.insert(words.ids.end(), end.begin(), end.end());
    open_line = learned && tokenizer.special().eos >= 0;
    after_turn = true;
    pieces.push_back(std::move(role));
    pieces.push_back(std::move(words));
  }
  if (ask) {
    ChatPiece role;
    role.message = messages.size();
    if (after_turn && open_line) role.ids = line_break;
    const std::vector<int32_t> name = tokenizer.encode("assistant:");
    role.ids.insert(role.ids.end(), name.begin(), name.end());
    pieces.push_back(std::move(role));
  }
  return pieces;
}

std::vector<int32_t> chat_prompt(std::vector<Message> messages, int64_t room, const Tokenizer& tokenizer,
                                 bool& cut) {
  for (;;) {
    std::vector<int32_t> ids;
    for (const ChatPiece& piece : encode_chat(messages, true, tokenizer))
      ids.insert(ids.end(), piece.ids.begin(), piece.ids.end());
    if (static_cast<int64_t>(ids.size()) <= room) return ids;
    cut = true;
    const size_t first = !messages.empty() && messages[0].role == "system" ? 1 : 0;
    if (messages.size() > first + 1) {
      messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(first));
      continue;
    }
    return {ids.end() - room, ids.end()};  // one message longer than the context: its end
  }
}

}  // namespace seedling
