// Attention: where each head looks, on the reader's own text; a head can be switched off to see what breaks.
import {h, fill} from "../dom.js";
import {post} from "../api.js";
import {number, percent, tokenText} from "../format.js";
import {exampleText, latest, modelPicker, repeat, shade, textBox} from "../parts.js";
import {on, state} from "../store.js";

/// Draws a (T, T) matrix of weights: rows look at columns.
function paint(canvas, weights) {
  const T = weights.length, style = getComputedStyle(document.documentElement);
  const parse = (name) => (style.getPropertyValue(name).trim().match(/\w\w/g) ?? ["80", "80", "80"]).map((part) => parseInt(part, 16));
  const [ground, ink] = [parse("--raised"), parse("--accent")];
  canvas.width = canvas.height = T;
  const context = canvas.getContext("2d"), image = context.createImageData(T, T);
  for (let i = 0; i < T; ++i) {
    for (let j = 0; j < T; ++j) {
      const share = Math.sqrt(weights[i][j]);
      for (let c = 0; c < 3; ++c) image.data[4 * (i * T + j) + c] = ground[c] + share * (ink[c] - ground[c]);
      image.data[4 * (i * T + j) + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

function show(body) {
  const off = new Set();  // "layer head"
  let reply = null, layer = 0, head = 0, row = -1;
  const heads = h("div.heads"), large = h("div.panel"), verdict = h("p", {role: "status"}, "The model is reading…"), trouble = h("div");
  const layers = h("select", {"aria-label": "Layer", onchange: () => { layer = Number(layers.value); ask(); }});
  const ask = latest(async (signal) => {
    if (!text.value().trim()) {
      fill(heads);
      fill(large);
      return fill(verdict, "Type a text for the heads to read.");
    }
    if (!picker.value()) return;
    reply = await post("/api/inspect", {view: "attention", model: picker.value(), text: text.value(), layer,
      heads_off: [...off].map((key) => key.split(" ").map(Number))}, signal);
    row = Math.min(row < 0 ? reply.tokens.length - 1 : row, reply.tokens.length - 1);
    draw();
  }, trouble);
  const picker = modelPicker(ask);
  const text = textBox("Your text", "", () => { row = -1; ask(); }, 2);

  function toggle(key) {
    if (off.has(key)) off.delete(key);
    else off.add(key);
    ask();
  }

  function draw() {
    if (layers.options.length !== reply.layers) fill(layers, Array.from({length: reply.layers}, (_, i) => h("option", {value: i}, `layer ${i + 1}`)));
    layers.value = String(layer);
    head = Math.min(head, reply.heads - 1);
    const change = reply.loss !== null && reply.loss_unchanged !== null && off.size
      ? `${off.size} head${off.size > 1 ? "s" : ""} off: the loss on this text went from ${number(reply.loss_unchanged)} to ${number(reply.loss)} nats (${percent(reply.loss / reply.loss_unchanged - 1)} more).`
      : reply.loss === null && reply.tokens.length < 2 ? "One token has nothing to look at but itself: type more."
      : reply.loss === null ? `${off.size ? `${off.size} off` : "All heads are on"}. This model predicts no next token, so there is no loss to watch; the pictures show where it looks.`
        : `All heads are on; loss on this text ${number(reply.loss)} nats. Switch one off and see what breaks.`;
    fill(verdict, change);
    const matrices = reply.attention[String(layer)] ?? [];
    fill(heads, matrices.map((weights, i) => {
      const canvas = h("canvas", {role: "img", "aria-label": `Head ${i + 1} of layer ${layer + 1}: each row a token, each column what it looks at`});
      paint(canvas, weights);
      const key = `${layer} ${i}`;
      return h("div.head-card", {class: off.has(key) ? "off" : null},
        h("button.picture", {"aria-pressed": String(i === head), "aria-label": `Show head ${i + 1} large`, onclick: () => { head = i; draw(); }}, canvas),
        h("button.small", {"aria-pressed": String(off.has(key)), onclick: () => toggle(key)}, `Head ${i + 1} ${off.has(key) ? "off" : "on"}`));
    }));
    const weights = matrices[head];
    if (!weights) return fill(large);
    const most = Math.max(...(weights[row] ?? []), 1e-9);
    fill(large, h("h2", {}, `Head ${head + 1}: where “${tokenText(reply.tokens[row]?.text ?? "")}” looks`),
      h("p.muted", {}, "Choose a token; the stronger the colour of another, the more this head takes from it."),
      h("div.tokens", {}, reply.tokens.map((token, j) => h("button", {
        class: `token ${shade((weights[row]?.[j] ?? 0) / most)}`, "aria-pressed": String(j === row),
        title: percent(weights[row]?.[j] ?? 0), onclick: () => { row = j; draw(); }}, tokenText(token.text)))));
  }

  fill(body, h("div.panel.stack", {}, h("div.row", {}, picker.element, h("label.field", {}, h("span", {}, "Layer"), layers)), text.element, trouble, verdict), h("div.panel", {}, heads), large);
  const begin = async () => { off.clear(); layer = 0; text.area.value = await exampleText(20); ask(); };
  begin();
  const ends = [picker.end, on("current", begin), on("theme", () => reply && draw()), repeat(ask, 2500, () => picker.isLive() && state.current?.state === "running")];
  return () => ends.forEach((end) => end());
}

export const attention = {
  name: "attention", title: "Attention", mark: "◎",
  words: "Where every head looks while it reads your text, changing while it trains.",
  sources: ["trainer/layers/attention.cpp"],
  show,
};
