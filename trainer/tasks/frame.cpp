// Reading post-processors: see frame.h. The formats are those of Hugging Face's `tokenizers`.
#include "tasks/frame.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace seedling {

namespace {

using nlohmann::json;

/// TemplateProcessing: a list of {"SpecialToken": {"id"}} and {"Sequence": {"id": "A"}}, each with a type_id.
Frame from_template(const json& pieces, const json& specials) {
  Frame frame;
  std::vector<int32_t>* part = &frame.before;
  for (const json& piece : pieces) {
    if (piece.contains("Sequence")) {
      const bool first = piece["Sequence"].value("id", "A") == "A";
      part = first ? &frame.between : &frame.after;
      if (!first) frame.second_type = piece["Sequence"].value("type_id", 0);
      continue;
    }
    const std::string name = piece.at("SpecialToken").at("id");
    for (const json& id : specials.at(name).at("ids")) part->push_back(id.get<int32_t>());
  }
  return frame;
}

/// Of one text, what follows it stands in `between` until here.
Frame as_single(Frame frame) {
  frame.after.insert(frame.after.begin(), frame.between.begin(), frame.between.end());
  frame.between.clear();
  return frame;
}

Frame read_frame(const json& processor, bool pair) {
  if (!processor.is_object()) return {};
  const std::string type = processor.value("type", "");
  if (type == "Sequence") {
    for (const json& each : processor.value("processors", json::array())) {
      Frame frame = read_frame(each, pair);
      if (frame.size() > 0) return frame;
    }
    return {};
  }
  if (type == "TemplateProcessing") {
    const Frame frame = from_template(processor.at(pair ? "pair" : "single"), processor.at("special_tokens"));
    return pair ? frame : as_single(frame);
  }
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    const int32_t cls = processor.at("cls").at(1), sep = processor.at("sep").at(1);
    Frame frame{{cls}, {}, {sep}, 0};
    if (!pair) return frame;
    frame.between = type == "BertProcessing" ? std::vector<int32_t>{sep} : std::vector<int32_t>{sep, sep};
    frame.second_type = type == "BertProcessing" ? 1 : 0;
    return frame;
  }
  return {};  // ByteLevel adds nothing
}

Frame frame_of(const Tokenizer& tokenizer, bool pair) {
  const json& content = tokenizer.tokenizer_json();
  if (!content.is_object() || !content.contains("post_processor")) return {};
  try {
    return read_frame(content["post_processor"], pair);
  } catch (const json::exception& error) {
    fail("tokenizer.json: its post_processor is damaged: ", error.what());
  }
}

}  // namespace

Frame single_frame(const Tokenizer& tokenizer) { return frame_of(tokenizer, false); }
Frame pair_frame(const Tokenizer& tokenizer) { return frame_of(tokenizer, true); }

}  // namespace seedling
