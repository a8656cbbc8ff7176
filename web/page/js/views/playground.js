// Playground: use any weights of any run, also while it trains: continue a text, fill a mask, classify, answer, chat.
import {h, fill} from "../dom.js";
import {get, post, postStream} from "../api.js";
import {number, percent, readable, tokenText} from "../format.js";
import {bars, isMasked, latest, modelPicker, slider, textBox} from "../parts.js";
import {on, state} from "../store.js";

const modes = [["generate", "Continue"], ["fill", "Fill masks"], ["predict", "Ask or classify"], ["chat", "Chat"]];

function show(body) {
  let mode = "generate", abort = null, talk = [], asks = false;  // asks: the run answers questions about a text
  const tabs = h("div.row", {role: "group", "aria-label": "What to do"}), place = h("div.stack"), result = h("div.panel", {"aria-live": "polite"}), trouble = h("div");
  const picker = modelPicker(null);
  const prompt = textBox("Text", "Once upon a time", () => {}, 3);
  const context = textBox("Context (for questions about a text)", "", () => {}, 3);
  const temperature = slider("Temperature", {min: "0", max: "2", step: "0.05", value: "0.8"});
  const topK = slider("Top-k (0: off)", {min: "0", max: "100", step: "1", value: "0"});
  const topP = slider("Top-p", {min: "0.05", max: "1", step: "0.05", value: "1"});
  const length = slider("Tokens", {min: "5", max: "400", step: "5", value: "120"});
  const go = h("button.primary", {onclick: () => run()}, "Go");
  const stop = h("button", {onclick: () => abort?.abort(), hidden: true}, "Stop");
  const settings = () => ({model: picker.value(), "max-tokens": length.value(), temperature: temperature.value(), "top-k": topK.value(), "top-p": topP.value()});

  const run = latest(async () => {
    if (mode !== "generate" && !prompt.value().trim()) throw new Error("Type a text first.");
    if (mode === "predict" && asks && !context.value().trim()) throw new Error("Type the context, too: the text that holds the answer.");
    go.disabled = true;
    stop.hidden = mode === "fill" || mode === "predict";
    abort = new AbortController();
    try {
      await {generate: generate, fill: fillMasks, predict, chat}[mode](abort.signal);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    } finally {
      go.disabled = false;
      stop.hidden = true;
    }
  }, trouble);

  /// Streams into `target`; each token's shade says how probable it was.
  async function stream(request, target, signal) {
    await postStream("/api/generate", {...settings(), ...request}, (name, data) => {
      if (name === "token") {
        const others = (data.candidates ?? []).slice(0, 5).map((one) => `${tokenText(one.text)} ${percent(one.probability, 0)}`).join("   ");
        target.append(h("span", {class: `said shade-${Math.min(9, Math.floor(10 * data.probability))}`, title: `${percent(data.probability)}   (${others})`}, readable(data.text)));
      }
      if (name === "error") throw new Error(data.message);
    }, signal);
  }

  async function generate(signal) {
    const words = h("span");
    fill(result, h("p.sample", {}, h("span.prompt", {}, prompt.value()), words), h("p.muted", {}, "A stronger colour was a surer choice; point at a word for what else might have come."));
    await stream({prompt: prompt.value()}, words, signal);
  }

  async function fillMasks(signal) {
    const {predictions} = await post("/api/fill", {model: picker.value(), text: prompt.value(), top: 8}, signal);
    fill(result, predictions.length ? predictions.map((one, i) => [h("h2", {}, `Mask ${i + 1}`),
      bars(one.map((row) => ({label: tokenText(row.token), value: row.probability})), {most: 1})]) : h("p", {}, "Write [MASK] where a word is hidden."));
  }

  async function predict(signal) {
    const reply = await post("/api/predict", {model: picker.value(), input: prompt.value(), ...(context.value() ? {context: context.value()} : {})}, signal);
    if (reply.probabilities) {
      fill(result, h("h2", {}, reply.label), bars(Object.entries(reply.probabilities).map(([label, value]) => ({label, value, strong: label === reply.label})), {most: 1}));
    } else if ("answer" in reply) {
      const text = [...context.value()];
      fill(result, h("h2", {}, reply.answer || "no answer in this text"), h("p.sample", {}, text.slice(0, reply.start).join(""), h("mark", {}, text.slice(reply.start, reply.end).join("")), text.slice(reply.end).join("")),
        h("p.muted", {}, `score ${number(reply.score)}`));
    } else {
      fill(result, h("p.sample", {}, reply.text));
    }
  }

  async function chat(signal) {
    talk.push({role: "user", content: prompt.value()});
    prompt.area.value = "";
    const words = h("span");
    drawTalk(h("p.turn.assistant", {}, h("strong", {}, "model "), words));
    await stream({messages: talk}, words, signal);
    talk.push({role: "assistant", content: words.textContent.trim()});
  }

  function drawTalk(last) {
    fill(result, talk.map((turn) => h("p.turn", {class: turn.role}, h("strong", {}, turn.role === "user" ? "you " : "model "), turn.content)), last,
      h("button.small", {onclick: () => { talk = []; fill(result); }}, "Begin anew"));
  }

  function draw() {
    fill(tabs, modes.map(([name, words]) => h("button", {"aria-pressed": String(name === mode), onclick: () => { mode = name; fill(result); draw(); }}, words)));
    context.element.hidden = mode !== "predict";
    for (const one of [temperature, topK, topP, length]) one.element.hidden = mode === "fill" || mode === "predict";
    if (mode === "fill" && !prompt.value().includes("[MASK]")) prompt.area.value = "The little dog ran to the [MASK].";
    if (mode !== "fill" && prompt.value().includes("[MASK]")) prompt.area.value = "Once upon a time";
  }

  /// What the run was made for is what one tries first, with an input of its kind.
  async function begin() {
    const run = state.current, about = await get(`/api/runs/${run.id}`).catch(() => ({}));
    const task = about.run?.task;
    asks = task === "qa";
    mode = await isMasked() ? "fill" : task === "dialogue" ? "chat" : task && task !== "generation" ? "predict" : mode;
    if (task) {
      const {samples} = await get(`/api/runs/${run.id}/samples`).catch(() => ({samples: []}));
      if (task === "dialogue") prompt.area.value = "Good morning! How are you?";
      else if (samples.length) prompt.area.value = samples.at(-1).prompt;
    }
    fill(body, h("div.split", {}, h("div.stack", {}, h("div.panel.stack", {}, tabs, prompt.element, context.element, h("div.row", {}, go, stop), trouble), result),
      h("div.panel.stack", {}, picker.element, temperature.element, topK.element, topP.element, length.element)));
    draw();
  }
  begin();
  const ends = [picker.end, on("current", begin)];
  return () => {
    ends.forEach((end) => end());
    abort?.abort();
  };
}

export const playground = {
  name: "playground", title: "Playground", mark: "✎",
  words: "Use the model: continue a text, fill a mask, classify, answer, chat, with any weights of any run.",
  sources: ["trainer/generation/generator.cpp", "trainer/generation/fill.cpp"],
  show,
};
