// Journey: every run as a plant. A seed has seen nothing; tokens make it grow, parameters make it broad, and a fine-tuned
// model blossoms. Below it, what the chosen run wrote at each age.
import {h, fill, svg} from "../dom.js";
import {get} from "../api.js";
import {count, number, whole} from "../format.js";
import {on, set, state} from "../store.js";
import {latest} from "../parts.js";

/// Height of a plant by the tokens it has seen: each tenfold adds as much.
function height(tokens) {
  return tokens > 0 ? Math.min(150, 14 + 21 * Math.max(0, Math.log10(tokens) - 2)) : 0;
}

function plant(run, x) {
  const ground = 178, tall = height(run.metrics?.tokens ?? 0);
  const parts = [];
  if (tall === 0) {
    parts.push(svg("ellipse", {cx: x, cy: ground + 5, rx: 7, ry: 5, class: "seed"}));
  } else {
    parts.push(svg("path", {d: `M${x} ${ground}C${x - 4} ${ground - tall / 2} ${x + 4} ${ground - tall / 2} ${x} ${ground - tall}`, class: "stem"}));
    const pairs = Math.max(1, Math.round(tall / 26));
    for (let i = 0; i < pairs; ++i) {
      const y = ground - tall * (i + 1) / pairs, wide = 9 + 15 * (1 - i / (pairs + 1));
      parts.push(svg("path", {d: `M${x} ${y + 8}q${-wide} 0 ${-wide} ${-wide * 0.7}q${wide} 0 ${wide} ${wide * 0.7}Z`, class: "leaf"}));
      parts.push(svg("path", {d: `M${x} ${y + 8}q${wide} 0 ${wide} ${-wide * 0.7}q${-wide} 0 ${-wide} ${wide * 0.7}Z`, class: "leaf light"}));
    }
    if (run.command === "finetune") parts.push(svg("circle", {cx: x, cy: ground - tall - 4, r: 8, class: "blossom"}));
  }
  const chosen = run.id === state.current?.id;
  const name = run.id.length > 13 ? `${run.id.slice(0, 12)}…` : run.id;
  const seen = tall ? `${count(run.metrics?.tokens ?? 0)} tokens` : "a seed";
  const words = `${run.id}: ${run.command === "finetune" ? "fine-tuned" : "pre-trained"}, ${run.state}`;
  const choose = () => set({run: run.id});
  return svg("g", {class: `plant${chosen ? " chosen" : ""}`, tabindex: "0", role: "button", "aria-pressed": String(chosen),
    onclick: choose, onkeydown: (event) => { if (["Enter", " "].includes(event.key)) { event.preventDefault(); event.stopPropagation(); choose(); } }},
  svg("desc", {}, words), svg("rect", {x: x - 42, y: 6, width: 84, height: 220, rx: 10, class: "bed"}), ...parts,
  svg("text", {x, y: 204, "text-anchor": "middle"}, name),
  svg("text", {x, y: 220, "text-anchor": "middle", class: "small"}, seen));
}

function show(body) {
  const garden = h("div.panel.garden");
  const story = h("ol.ages");
  const facts = h("p.muted");

  function drawGarden() {
    const runs = [...state.runs.values()].slice(0, 12);
    if (!garden.isConnected) fill(body, garden, h("div.panel", {}, h("h2", {}, "What it wrote at each age"), facts, story));
    const width = Math.max(280, garden.clientWidth - 32, 100 * runs.length + 20);
    fill(garden, svg("svg", {viewBox: `0 0 ${width} 232`, role: "group", "aria-label": "The runs as plants", width, height: 232},
      svg("line", {x1: 0, x2: width, y1: 180, y2: 180, class: "earth"}), ...runs.map((run, i) => plant(run, 60 + 100 * i))));
  }

  const drawStory = latest(async (signal) => {
    const run = state.current;
    if (!run) return;
    const [{samples}, about] = await Promise.all([get(`/api/runs/${run.id}/samples`, signal), get(`/api/runs/${run.id}`, signal)]);
    const parameters = about.run?.parameters ?? about.run?.autopilot?.prediction?.N;
    fill(facts, `${run.id}: ${run.command === "finetune" ? "shaped by fine-tuning" : "grown by pre-training"}` +
      (parameters ? `, ${count(parameters)} parameters` : "") + `, ${count(run.metrics?.tokens ?? 0)} tokens seen` +
      (run.metrics?.val_loss ? `, validation loss ${number(run.metrics.val_loss)}.` : "."));
    const ages = Math.min(6, samples.length);
    // Early ages change fastest: the shown ones are spread evenly over the logarithm of the step.
    const chosen = [...new Set(Array.from({length: ages}, (_, i) => Math.round(samples.length ** ((i + 1) / ages)) - 1))];
    fill(story, chosen.length ? chosen.map((i) => h("li", {}, h("span.age", {}, `step ${whole(samples[i].step)}`),
      h("p.sample", {}, h("span.prompt", {}, samples[i].prompt ?? ""), samples[i].text.slice(0, 320))))
      : h("li", {}, "Nothing yet: the first sample comes after some steps."));
  }, story);

  drawGarden();
  drawStory();
  const ends = [on("runs", drawGarden), on("resize", drawGarden), on("current", () => { drawGarden(); drawStory(); }),
    on("sample", (line) => line.run === state.current?.id && drawStory()), on("metrics", () => document.hidden || drawSoon())];
  let last = 0;
  function drawSoon() {
    if (performance.now() - last < 2000) return;
    last = performance.now();
    drawGarden();
  }
  return () => ends.forEach((end) => end());
}

export const journey = {
  name: "journey", title: "Journey", mark: "❀",
  words: "From a seed of random numbers, by pre-training, to a model shaped by fine-tuning: each plant is a run.",
  sources: ["trainer/training/trainer.cpp", "trainer/model/model.cpp"],
  show,
};
