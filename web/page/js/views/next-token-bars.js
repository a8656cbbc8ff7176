// Next-token bars: what the model expects at each place of the reader's text; for a masked model, each word blanked.
import {h, fill} from "../dom.js";
import {post} from "../api.js";
import {number, percent, tokenText} from "../format.js";
import {bars, exampleText, latest, modelPicker, repeat, textBox, tokenStrip} from "../parts.js";
import {on, state} from "../store.js";

function show(body) {
  let reply = null, chosen = -1;
  const strip = h("div"), detail = h("div.panel"), verdict = h("p.muted", {role: "status"}, "The model is reading…"), trouble = h("div");
  const ask = latest(async (signal) => {
    if (!text.value().trim()) {
      fill(strip);
      fill(detail);
      return fill(verdict, "Type a text: the model says what it expects.");
    }
    if (!picker.value()) return;
    reply = await post("/api/inspect", {view: "probabilities", model: picker.value(), text: text.value(), top: 10}, signal);
    if (chosen < 0 || chosen >= reply.positions.length) chosen = reply.positions.length - 1;
    draw();
  }, trouble);
  const picker = modelPicker(ask);
  const text = textBox("Your text", "", ask);

  function draw() {
    const {tokens, positions} = reply;
    const surprise = reply.loss === null ? "" : `Mean surprise ${number(reply.loss)} nats: as if choosing among ${number(Math.exp(reply.loss))} equal tokens.`;
    fill(verdict, `${tokens.length} ${tokens.length === 1 ? "token" : "tokens"}, weights of step ${reply.step}. ${surprise}${reply.cut ? " The end was cut: it is longer than the context." : ""}`);
    // A causal model's position i speaks of token i + 1; a chip shows how expected its own token was.
    const causal = positions.every((one, i) => !one || !one.actual || one.actual.id === tokens[i + 1]?.id);
    const own = (i) => causal ? positions[i - 1]?.actual : positions[i]?.actual;
    fill(strip, tokenStrip(tokens, (i) => ({share: own(i)?.probability ?? 0,
      title: own(i) ? `expected with ${percent(own(i).probability)}, rank ${own(i).rank}` : "nothing comes before it"}),
    (i) => { chosen = i; draw(); }, chosen));
    const position = positions[chosen];
    if (!position) return fill(detail, h("p", {}, "Choose a token."));
    const actual = position.actual;
    const rows = position.top.map((one) => ({label: tokenText(one.text), value: one.probability, strong: one.id === actual?.id}));
    if (actual && !rows.some((row) => row.strong)) rows.push({label: tokenText(actual.text), value: actual.probability, strong: true,
      note: `${percent(actual.probability)}, rank ${actual.rank}`});
    fill(detail, h("h2", {}, causal ? `After “${tokenText(tokens[chosen].text)}”` : `In the place of “${tokenText(tokens[chosen].text)}”`),
      h("p.muted", {}, `Entropy ${number(position.entropy)} bits` + (actual ? `; what stands there is marked.` : "; nothing stands there yet.")), bars(rows, {most: 1}));
  }

  fill(body, h("div.panel.stack", {}, h("div.row", {}, picker.element), text.element, trouble, verdict, strip), detail);
  const begin = async () => { text.area.value = await exampleText(); ask(); };
  begin();
  const ends = [picker.end, on("current", begin), repeat(ask, 2000, () => picker.isLive() && state.current?.state === "running")];
  return () => ends.forEach((end) => end());
}

export const nextTokenBars = {
  name: "next-token-bars", title: "Next-token bars", mark: "▤",
  words: "What the model expects at every place of your text: the stronger the colour of a token, the more it was expected.",
  sources: ["trainer/model/model.cpp", "trainer/model/vocabulary_head.cpp"],
  show,
};
