// Health: one row a layer, with a verdict in words and its whole history: as the run recorded it at its evaluations, else
// measured here and now on its own text.
import {h, fill, svg} from "../dom.js";
import {get, post} from "../api.js";
import {number, percent, whole} from "../format.js";
import {exampleText, latest, modelPicker, repeat} from "../parts.js";
import {on, state} from "../store.js";

/// Rules of thumb: an update of about a thousandth of the weights a step is a lively, safe pace (Karpathy, "makemore" part
/// 3); Muon's are up to a tenth by design. `pace`: the update is the run's own; `end`: the learning rate has come down.
function verdict(layer, {pace, end}) {
  if (!Number.isFinite(layer.gradient)) return ["bad", "not a number: it has broken"];
  if (layer.gradient === 0 && layer.update === 0) return ["muted", "frozen: it is not trained"];
  if (layer.dead > 0.5) return ["bad", "more than half of its units are dead"];
  if (layer.dead > 0.1) return ["warning", "a part of its units is dead"];
  if (pace && layer.update_to_weight > 0.2) return ["warning", "moves very fast: a lower learning rate would be safer"];
  if (pace && layer.update_to_weight < 1e-5 && end) return ["good", "at rest: the run has come to its end"];
  if (pace && layer.update_to_weight < 1e-5) return ["warning", "hardly moves: done, or the learning rate is low"];
  if (layer.activation > 100) return ["warning", "speaks very loudly: watch it"];
  return ["good", "healthy"];
}

/// All layers in one sentence.
function summary(layers, when) {
  const ill = new Map();  // what is wrong -> the layers
  let worst = "warning";
  for (const layer of layers) {
    const [mood, words] = verdict(layer, when);
    if (!["bad", "warning"].includes(mood)) continue;
    ill.set(words, [...(ill.get(words) ?? []), layer.name]);
    if (mood === "bad") worst = "bad";
  }
  if (!ill.size) return ["good", `All ${layers.length} parts of the network are healthy.`];
  const names = (list) => list.length === layers.length ? "every part" : list.length > 1 ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)}` : list[0];
  return [worst, `It needs a look. ${[...ill].map(([words, list]) => `${names(list)}: ${words}`).join("; ")}.`];
}

/// The history of one ratio of one layer as a small curve, logarithmic, on a scale that all layers share.
function curve(values, [low, high], at) {
  const W = 120, H = 26, x = (i) => values.length > 1 ? 2 + (W - 4) * i / (values.length - 1) : W / 2;
  const y = (value) => H - 3 - (H - 6) * (Math.log(value) - low) / (high - low || 1);
  const points = values.map((value, i) => value > 0 ? `${x(i).toFixed(1)},${y(value).toFixed(1)}` : null).filter(Boolean);
  return svg("svg", {viewBox: `0 0 ${W} ${H}`, width: W, height: H, class: "spark", role: "img",
    "aria-label": values.length ? `update / weight, from ${number(values[0])} to ${number(values.at(-1))}` : "no history"},
  svg("polyline", {points: points.join(" ")}),
  values[at] > 0 ? svg("circle", {cx: x(at), cy: y(values[at]), r: 3}) : null);
}

const columns = ["layer", "verdict", "activation scale", "gradient / weight", "update / weight", "update / weight over time", "dead units"];

function show(body) {
  const table = h("tbody"), words = h("p.muted"), overall = h("p.lead", {role: "status"}), trouble = h("div");
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

  /// The smallest and largest logarithm of update / weight of all layers at all times.
  function span() {
    const all = lines.flatMap((line) => line.layers.map((layer) => layer.update_to_weight)).filter((value) => value > 0).map(Math.log);
    return [Math.min(...all), Math.max(...all)];
  }

  function draw() {
    const at = Number(range.value), line = lines[at];
    range.hidden = lines.length < 2;
    picker.element.hidden = lines.length > 0;
    const layers = line?.layers ?? measured?.layers ?? [];
    const when = {pace: Boolean(line), end: line?.step > 0.9 * state.current.steps};
    const [kind, sentence] = layers.length ? summary(layers, when) : ["muted", ""];
    overall.className = `lead ${kind}`;
    fill(overall, sentence);
    fill(words, line ? `Measured in the run at step ${whole(line.step)}${lines.length > 1 ? `, measurement ${at + 1} of ${lines.length}; the slider goes back in time` : ""}.` : measured
      ? `Measured now, on the weights of step ${whole(measured.step)} and the run's last sample. The update is the first one of a fresh optimizer, at the present learning rate; a run's own are smaller.`
      : "Nothing to measure yet: the run measures its layers at every evaluation, and the first comes soon.");
    const scale = span();
    fill(table, layers.map((layer, i) => {
      const [mood, say] = verdict(layer, when);
      const history = lines.map((one) => one.layers[i]?.update_to_weight ?? 0);
      return h("tr", {}, h("th", {scope: "row"}, layer.name), h("td.verdict", {class: mood, "data-name": columns[1]}, say),
        [number(layer.activation), number(layer.gradient_to_weight), number(layer.update_to_weight), lines.length > 1 ? curve(history, scale, at) : "–",
          percent(layer.dead ?? NaN)].map((cell, column) => h("td", {"data-name": columns[column + 2]}, cell)));
    }));
    scroll.hidden = !layers.length;
  }

  const scroll = h("div.scroll.tall.whole", {tabindex: "0", role: "region", "aria-label": "Layers"},
    h("table.list", {}, h("thead", {}, h("tr", {}, columns.map((name) => h("th", {scope: "col", class: name === "verdict" ? name : null}, name)))), table));
  const panel = h("div.panel.stack", {}, picker.element, overall, words, range, trouble, scroll);
  fill(body, panel);
  load();
  const again = () => { lines = []; measured = null; load(); };
  const ends = [picker.end, on("current", again), on("checkpoint", load), on("sample", load),
    on("metrics", ({run, points}) => { if (run === state.current?.id && points.some((point) => "val_loss" in point)) load(); }),
    repeat(load, 5000, () => state.current?.state === "running" && picker.isLive() && !lines.length)];
  return () => ends.forEach((end) => end());
}

export const health = {
  name: "health", title: "Health", mark: "♥",
  words: "One row a layer: how loud it speaks, how hard it is pushed, how far it moves, and what is dead.",
  sources: ["trainer/training/health.cpp"],
  show,
};
