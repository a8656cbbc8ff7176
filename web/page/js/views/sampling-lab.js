// Sampling lab: the logits stand still while temperature, top-k and top-p are turned.
import {h, fill} from "../dom.js";
import {post} from "../api.js";
import {number, percent, tokenText} from "../format.js";
import {bars, exampleText, latest, modelPicker, slider, textBox} from "../parts.js";
import {on} from "../store.js";

/// The distribution after temperature, top-k and top-p, in generate's order (trainer/generation/sampling.cpp).
export function distribution(logits, rest, {temperature, topK, topP}) {
  if (temperature === 0) return logits.map((one, i) => ({...one, p: i === 0 ? 1 : 0}));
  const best = logits[0].logit;
  let rows = logits.map((one) => ({...one, p: Math.exp((one.logit - best) / temperature)}));
  if (topK > 0) rows = rows.map((one, i) => ({...one, p: i < topK ? one.p : 0}));
  // Tokens that are not listed share what the server summed up for them; it is exact at temperature 1.
  const others = rest === null || topK > 0 ? 0 : Math.exp((rest - best) / temperature);
  const total = rows.reduce((sum, one) => sum + one.p, others);
  rows = rows.map((one) => ({...one, p: one.p / total}));
  if (topP < 1) {
    let sum = 0;
    rows = rows.map((one) => {
      const keep = sum < topP;
      sum += one.p;
      return {...one, p: keep ? one.p : 0};
    });
    const kept = rows.reduce((all, one) => all + one.p, 0);
    rows = rows.map((one) => ({...one, p: one.p / kept}));
  }
  return rows;
}

function show(body) {
  let reply = null;
  const result = h("div.panel"), trouble = h("div"), draws = h("p.sample");
  const ask = latest(async (signal) => {
    if (!picker.value()) return;
    reply = await post("/api/inspect", {view: "logits", model: picker.value(), text: text.value()}, signal);
    draw();
  }, trouble);
  const picker = modelPicker(ask);
  const text = textBox("Text so far", "", ask, 2);
  const temperature = slider("Temperature", {min: "0", max: "2", step: "0.05", value: "0.8"}, draw);
  const topK = slider("Top-k (0: off)", {min: "0", max: "50", step: "1", value: "0"}, draw);
  const topP = slider("Top-p", {min: "0.05", max: "1", step: "0.05", value: "1"}, draw);

  function rows() {
    return distribution(reply.logits, reply.rest, {temperature: temperature.value(), topK: topK.value(), topP: topP.value()});
  }

  function draw() {
    if (!reply) return;
    const all = rows();
    const entropy = all.reduce((sum, one) => one.p > 0 ? sum - one.p * Math.log2(one.p) : sum, 0);
    const left = all.filter((one) => one.p > 0).length;
    fill(result, h("h2", {}, "What the next token is drawn from"),
      h("p.muted", {role: "status"}, `${left} of ${reply.vocabulary} tokens can come; ${number(entropy)} bits of choice. Step ${reply.step}.`),
      bars(all.slice(0, 14).map((one) => ({label: tokenText(one.text), value: one.p, note: one.p ? percent(one.p) : "cut off"})), {most: 1}));
  }

  function tryTen() {
    if (!reply) return;
    const all = rows(), words = [];
    for (let n = 0; n < 10; ++n) {
      let at = Math.random() * all.reduce((sum, one) => sum + one.p, 0);
      words.push((all.find((one) => (at -= one.p) <= 0) ?? all[0]).text);
    }
    fill(draws, words.map((word) => h("span.token", {}, tokenText(word))));
  }

  fill(body, h("div.panel.stack", {}, h("div.row", {}, picker.element), text.element, trouble), h("div.split", {}, result,
    h("div.panel.stack", {}, temperature.element, topK.element, topP.element, h("button", {onclick: tryTen}, "Draw ten"), draws)));
  const begin = async () => { text.area.value = await exampleText(12); ask(); };
  begin();
  const ends = [picker.end, on("current", begin)];
  return () => ends.forEach((end) => end());
}

export const samplingLab = {
  name: "sampling-lab", title: "Sampling lab", mark: "⚄",
  words: "The model's opinion stands still; temperature, top-k and top-p decide how it is drawn from.",
  sources: ["trainer/generation/sampling.cpp"],
  show,
};
