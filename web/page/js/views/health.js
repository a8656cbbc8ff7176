// Health: one row a layer, with a verdict in words: as the run recorded it, else measured here and now on its own text.
import {h, fill} from "../dom.js";
import {get, post} from "../api.js";
import {number, percent, whole} from "../format.js";
import {exampleText, latest, modelPicker, repeat} from "../parts.js";
import {on, state} from "../store.js";

/// Rules of thumb: an update of about a thousandth of the weights a step is a lively, safe pace (Karpathy, "makemore" part 3).
function verdict(layer, pace) {
  if (!Number.isFinite(layer.gradient)) return ["bad", "not a number: the run has broken"];
  if (layer.dead > 0.5) return ["bad", "more than half of its units are dead"];
  if (pace && layer.update_to_weight > 0.03) return ["warning", "moves very fast: a lower learning rate would be safer"];
  if (pace && layer.update_to_weight < 1e-5) return ["warning", "hardly moves: it is frozen, done, or the learning rate is low"];
  if (layer.activation > 50) return ["warning", "its activations are large"];
  return ["good", "healthy"];
}

const columns = ["layer", "activation scale", "gradient / weight", "update / weight", "dead units", "verdict"];

function show(body) {
  const table = h("tbody"), words = h("p.muted", {role: "status"}), trouble = h("div");
  const range = h("input", {type: "range", min: "0", max: "0", value: "0", "aria-label": "When it was measured", oninput: () => draw()});
  let lines = [], measured = null;

  const load = latest(async (signal) => {
    const run = state.current;
    const atEnd = Number(range.value) >= lines.length - 1;
    lines = (await get(`/api/runs/${run.id}/health`, signal)).health;
    range.max = String(Math.max(0, lines.length - 1));
    if (atEnd) range.value = range.max;
    if (!lines.length && picker.value()) {
      const rate = run.metrics?.learning_rate || 1e-3;
      measured = await post("/api/inspect", {view: "step", model: picker.value(), text: await exampleText(30), "learning-rate": rate}, signal);
    }
    draw();
  }, trouble);
  const picker = modelPicker(() => load());

  function draw() {
    const line = lines[Number(range.value)];
    range.hidden = lines.length < 2;
    picker.element.hidden = lines.length > 0;
    const layers = line?.layers ?? measured?.layers ?? [];
    fill(words, line ? `Measured in the run at step ${whole(line.step)}.` : measured
      ? `Measured now, on the weights of step ${whole(measured.step)} and the run's last sample. The update is the first one of a fresh optimizer, at the present learning rate; a run's own are smaller.`
      : "Nothing to measure yet: the first weights come with the first checkpoint, or while the run trains here.");
    fill(table, layers.map((layer) => {
      const [kind, say] = verdict(layer, Boolean(line));
      return h("tr", {}, h("th", {scope: "row"}, layer.name), h("td", {}, number(layer.activation)), h("td", {}, number(layer.gradient_to_weight)),
        h("td", {}, number(layer.update_to_weight)), h("td", {}, percent(layer.dead ?? NaN)), h("td.verdict", {class: kind}, say));
    }));
    scroll.hidden = !layers.length;
  }

  const scroll = h("div.scroll.tall", {tabindex: "0", role: "region", "aria-label": "Layers"},
    h("table", {}, h("thead", {}, h("tr", {}, columns.map((name) => h("th", {scope: "col", class: name === "verdict" ? name : null}, name)))), table));
  const panel = h("div.panel.stack", {}, h("div.row", {}, picker.element), words, range, trouble, scroll);
  fill(body, panel);
  load();
  const again = () => { lines = []; measured = null; load(); };
  const ends = [picker.end, on("current", again), on("checkpoint", load), on("sample", load),
    repeat(load, 5000, () => state.current?.state === "running" && picker.isLive())];
  return () => ends.forEach((end) => end());
}

export const health = {
  name: "health", title: "Health", mark: "♥",
  words: "One row a layer: how loud it speaks, how hard it is pushed, how far it moves, and what is dead.",
  sources: ["web/server/inspect_step.cpp"],
  show,
};
