// Budget: what the run costs, what it reaches, and the lines it has to cross: count models, and the entropy floor.
import {h, fill} from "../dom.js";
import {get} from "../api.js";
import {count, duration, number, percent} from "../format.js";
import {latest} from "../parts.js";
import {Plot} from "../plot.js";
import {on, state} from "../store.js";
import {plotSettings} from "./plot-settings.js";

function show(body) {
  const facts = h("dl.facts"), table = h("div.panel"), trouble = h("div");
  let lines = [], about = {}, predicted = [];
  const plot = new Plot({key: "bits_per_byte", logarithmic: true, title: "Bits a byte of the validation text", words: "the lines are rivals that only count; below the floor no model can get", lines: () => lines,
    curves: () => predicted.length ? [{label: "predicted by the autopilot", points: predicted}] : []});
  plot.element.classList.add("tall");

  const load = latest(async (signal) => {
    const run = state.current;
    about = (await get(`/api/runs/${run.id}`, signal)).run ?? {};
    const data = about.data ?? about;
    const rivals = about.rivals ?? data.rivals ?? [], floor = about.entropy_floor ?? data.entropy_floor ?? 0;
    predicted = about.autopilot?.prediction?.points ?? [];
    const reached = run.metrics?.bits_per_byte ?? Infinity;
    const next = Math.max(...rivals.map((rival) => rival.bits_per_byte).filter((value) => value < reached));
    // The axis is fitted to the curve, the floor, and the next rival to beat; the others show once it gets there.
    lines = rivals.map((rival) => ({value: rival.bits_per_byte, label: `${rival.order}-gram counts`, far: rival.bits_per_byte !== next}));
    if (floor > 0) lines.push({value: floor, label: "entropy floor"});
    plot.redraw();
    draw();
  }, trouble);

  function draw() {
    const run = state.current, m = run?.metrics ?? {};
    if (!run) return;
    // The trainer's share of the peak is speed x operations a token / measured peak: solved for the operations.
    const flops = m.mfu * 1e9 * about.machine?.gemm_gflops / m.tokens_per_second;
    const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
    fill(facts, fact("Tokens seen", count(m.tokens)), fact("Operations a token", count(flops)), fact("Operations in all", count(flops * m.tokens)),
      fact("Tokens a second", count(m.tokens_per_second)), fact("Share of the peak", percent(m.mfu)), fact("Time", duration(m.seconds)), fact("Bits a byte", number(m.bits_per_byte)));
    const last = predicted.at(-1);
    fill(table, h("h2", {}, "Lines to cross"), lines.length ? h("table", {}, h("thead", {}, h("tr", {}, ["line", "bits a byte", "the model"].map((name) => h("th", {scope: "col"}, name)))),
      h("tbody", {}, lines.map((line) => h("tr", {}, h("th", {scope: "row"}, line.label), h("td", {}, number(line.value)),
        h("td", {}, !Number.isFinite(m.bits_per_byte) ? "not evaluated yet" : m.bits_per_byte < line.value ? "crossed" : `${percent(m.bits_per_byte / line.value - 1)} above`)))))
      : h("p.muted", {}, "This data has no known lines."),
    last ? h("p.muted", {}, `Before the first step, the autopilot predicted ${number(last[1])} bits a byte at step ${last[0]} (the dashed curve).`) : null);
  }

  fill(body, h("div.panel", {}, facts), plotSettings(), plot.element, table, trouble);
  load();
  const ends = [on("current", load), on("beat", (all) => all && draw())];
  return () => {
    ends.forEach((end) => end());
    plot.destroy();
  };
}

export const budget = {
  name: "budget", title: "Budget", mark: "⊟",
  words: "What the run costs and what it buys, held against models that merely count and against the floor of the data.",
  sources: ["trainer/training/autopilot.cpp", "trainer/data/ngram.cpp"],
  show,
};
