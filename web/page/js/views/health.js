// Health: one row a layer, measured in the run, with a verdict in words.
import {h, fill} from "../dom.js";
import {get} from "../api.js";
import {number, percent, whole} from "../format.js";
import {latest} from "../parts.js";
import {on, state} from "../store.js";
import {emptyState} from "./empty.js";

/// Rules of thumb: an update of about a thousandth of the weights a step is a lively, safe pace (Karpathy, "makemore" part 3).
function verdict(layer) {
  if (![layer.activation, layer.gradient].every(Number.isFinite)) return ["bad", "not a number: the run has broken"];
  if (layer.dead > 0.5) return ["bad", "more than half of its units are dead"];
  if (layer.update_to_weight > 0.03) return ["warning", "moves very fast: a lower learning rate would be safer"];
  if (layer.update_to_weight < 1e-5) return ["warning", "hardly moves: it is frozen, done, or the learning rate is low"];
  if (layer.activation > 50) return ["warning", "its activations are large"];
  return ["good", "healthy"];
}

function show(body) {
  const table = h("tbody"), words = h("p.muted", {role: "status"}), range = h("input", {type: "range", min: "0", max: "0", value: "0", "aria-label": "When", oninput: draw});
  const trouble = h("div");
  let lines = [];
  const load = latest(async (signal) => {
    if (!state.current) return fill(body, emptyState());
    const atEnd = Number(range.value) >= lines.length - 1;
    lines = (await get(`/api/runs/${state.current.id}/health`, signal)).health;
    range.max = String(Math.max(0, lines.length - 1));
    range.disabled = lines.length < 2;
    if (atEnd) range.value = range.max;
    draw();
  }, trouble);

  function draw() {
    const line = lines[Number(range.value)];
    if (!line) {
      fill(table);
      fill(words, "This run has not measured its layers yet: it does at each evaluation. The step microscope measures any text at once.");
      return;
    }
    fill(words, `Measured at step ${whole(line.step)}.`);
    fill(table, line.layers.map((layer) => {
      const [kind, say] = verdict(layer);
      return h("tr", {}, h("th", {scope: "row"}, layer.name), h("td", {}, number(layer.activation)), h("td", {}, number(layer.gradient_to_weight)),
        h("td", {}, number(layer.update_to_weight)), h("td", {}, percent(layer.dead ?? 0)), h("td.verdict", {class: kind}, say));
    }));
  }

  fill(body, h("div.panel.stack", {}, words, range, trouble, h("div.scroll.tall", {tabindex: "0", role: "region", "aria-label": "Layers"}, h("table", {},
    h("thead", {}, h("tr", {}, ["layer", "activation scale", "gradient / weight", "update / weight", "dead units", "verdict"].map((name) => h("th", {scope: "col"}, name)))), table))));
  load();
  const ends = [on("current", () => { lines = []; load(); }), on("checkpoint", load), on("sample", load)];
  return () => ends.forEach((end) => end());
}

export const health = {
  name: "health", title: "Health", mark: "♥",
  words: "One row a layer: how loud it speaks, how hard it is pushed, how far it moves, and what is dead.",
  sources: ["trainer/training/health.cpp"],
  show,
};
