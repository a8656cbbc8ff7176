// Token bench: the reader's text as tokens, under the run's tokenizer or one trained here on the reader's own text.
import {h, fill} from "../dom.js";
import {post} from "../api.js";
import {number, tokenText, whole} from "../format.js";
import {exampleText, latest, slider, textBox} from "../parts.js";
import {on, state} from "../store.js";

function show(body) {
  const strip = h("div.tokens.many", {tabindex: "0", role: "region", "aria-label": "Tokens"}), facts = h("p", {role: "status"}), vocabulary = h("div.panel"), trouble = h("div");
  const kind = h("select", {"aria-label": "Tokenizer", onchange: ask});
  const size = slider("Vocabulary", {min: "260", max: "4096", step: "4", value: "512", words: whole}, ask);
  const text = textBox("Your text", "", ask, 4);
  const corpus = textBox("Text to learn the tokens from (empty: the text above)", "", ask, 4);
  const run = latest(async (signal) => {
    const own = kind.value !== "run";
    size.element.hidden = kind.value !== "bpe" && kind.value !== "wordpiece";
    corpus.element.hidden = !own;
    if (!text.value()) {
      vocabulary.hidden = true;
      fill(strip);
      return fill(facts, "No text, no tokens: type some.");
    }
    const body = own ? {train: {text: corpus.value() || text.value(), kind: kind.value, "vocab-size": size.value()}, text: text.value()}
      : {model: state.current?.id, text: text.value()};
    draw(await post("/api/tokenize", body, signal));
  }, trouble);
  function ask() { return run(); }

  function draw(reply) {
    fill(strip, reply.tokens.map((token, i) => h("span", {class: `token hue-${i % 5}`, title: `id ${token.id}`}, tokenText(token.text))));
    fill(facts, `${whole(reply.tokens.length)} ${reply.tokens.length === 1 ? "token" : "tokens"} for ${whole(reply.bytes)} bytes: ${number(reply.bytes / Math.max(1, reply.tokens.length))} bytes a token, vocabulary of ${whole(reply.vocabulary)}.`);
    vocabulary.hidden = !reply.vocabulary_tokens;
    if (reply.vocabulary_tokens) {
      fill(vocabulary, h("h2", {}, "What it learnt, in order"), h("p.muted", {}, kind.value === "bpe" ? "After the 256 bytes come the merges: the commonest pairs first." : "Every token of the vocabulary."),
        h("div.tokens.many", {tabindex: "0", role: "region", "aria-label": "The vocabulary"}, reply.vocabulary_tokens.slice(kind.value === "bpe" ? 256 : 0).slice(-600).map((one) => h("span.token", {}, tokenText(one)))));
    }
  }

  function drawKinds() {
    fill(kind, state.current ? h("option", {value: "run"}, `as ${state.current.id} reads it`) : null,
      [["bpe", "byte pairs, trained here"], ["byte", "bytes"], ["char", "characters"], ["wordpiece", "word pieces, trained here"]].map(([value, words]) => h("option", {value}, words)));
  }

  fill(body, h("div.panel.stack", {}, h("div.row", {}, h("label.field", {}, h("span", {}, "Tokenizer"), kind), size.element), text.element, corpus.element, trouble), h("div.panel.stack", {}, facts, strip), vocabulary);
  vocabulary.hidden = true;
  const begin = async () => { drawKinds(); text.area.value ||= await exampleText(40); ask(); };
  begin();
  const ends = [on("current", begin)];
  return () => ends.forEach((end) => end());
}

export const tokenBench = {
  name: "token-bench", title: "Token bench", mark: "▦",
  words: "How text becomes tokens: type, change the vocabulary, train a tokenizer on your own words.",
  sources: ["trainer/tokenizer/bpe.cpp", "trainer/tokenizer/bpe_trainer.cpp"],
  alone: true,  // without a run, too
  show,
};
