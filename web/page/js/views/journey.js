// Journey: every run as a plant in one garden, and below it the chosen run at each age: how it had grown, what it wrote.
import {h, fill, svg} from "../dom.js";
import {get} from "../api.js";
import {count, number, readable, whole} from "../format.js";
import {latest} from "../parts.js";
import {plant} from "../plant.js";
import {on, set, state} from "../store.js";

const ground = 178, bed = 104;

function bedOf(run, x, parameters) {
  const chosen = run.id === state.current?.id, tokens = run.metrics?.tokens ?? 0;
  const own = run.id.split(".").at(-1);  // a part of a comparison is known by its own name
  const name = own.length > 14 ? `${own.slice(0, 6)}…${own.slice(-7)}` : own;
  const choose = () => set({run: run.id});
  return svg("g", {class: `plant${chosen ? " chosen" : ""}`, tabindex: "0", role: "button", "aria-pressed": String(chosen),
    onclick: choose, onkeydown: (event) => { if (["Enter", " "].includes(event.key)) { event.preventDefault(); event.stopPropagation(); choose(); } }},
  svg("title", {}, `${run.id}: ${run.command === "finetune" ? "fine-tuned" : "pre-trained"}, ${run.state}`), svg("rect", {x: x - bed / 2 + 3, y: 6, width: bed - 6, height: 220, rx: 10, class: "bed"}),
  ...plant(x, ground, {tokens, parameters, blossoms: run.command === "finetune"}),
  svg("text", {x, y: 204, "text-anchor": "middle"}, name),
  svg("text", {x, y: 220, "text-anchor": "middle", class: "small"}, tokens ? `${count(tokens)} tokens` : "a seed"));
}

function show(body) {
  const garden = h("div.panel.garden"), story = h("ol.ages"), facts = h("p.muted");
  const sizes = new Map();  // run -> parameters
  let centred = null;

  async function learnSizes(runs) {
    const unknown = runs.filter((run) => !sizes.has(run.id));
    unknown.forEach((run) => sizes.set(run.id, 0));
    const replies = await Promise.allSettled(unknown.map((run) => get(`/api/runs/${run.id}`)));
    replies.forEach(({value}, i) => {
      const parameters = value?.run?.parameters;
      if (parameters) sizes.set(unknown[i].id, parameters);
      else sizes.delete(unknown[i].id);  // it is getting ready: asked again
    });
    if (replies.some(({value}) => value?.run?.parameters)) drawGarden();
  }

  function drawGarden() {
    const runs = [...state.runs.values()].slice(0, 48).reverse();  // the oldest first
    const width = Math.max(280, (garden.clientWidth || body.clientWidth) - 32, bed * runs.length + 8), first = (width - bed * runs.length) / 2 + bed / 2;
    fill(garden, svg("svg", {viewBox: `0 0 ${width} 232`, role: "group", "aria-label": "The runs as plants", width, height: 232},
      svg("line", {x1: 0, x2: width, y1: 180, y2: 180, class: "earth"}), ...runs.map((run, i) => bedOf(run, first + bed * i, sizes.get(run.id)))));
    if (runs.some((run) => !sizes.has(run.id))) learnSizes(runs);
    if (centred === state.current?.id) return;
    centred = state.current?.id;  // once: from then on the garden is where the reader has moved it
    garden.scrollLeft = first + bed * runs.findIndex((run) => run.id === centred) - garden.clientWidth / 2;
  }

  const drawStory = latest(async (signal) => {
    const run = state.current;
    if (!run) return;
    const [{samples}, about] = await Promise.all([get(`/api/runs/${run.id}/samples`, signal), get(`/api/runs/${run.id}`, signal)]);
    const parameters = about.run?.parameters, tokens = run.metrics?.tokens ?? 0, tuned = run.command === "finetune";
    const grown = tuned && about.run?.plan?.from !== "scratch";  // it began as another run's end, not as a seed
    fill(facts, `${run.id}: ${tuned ? "shaped by fine-tuning" : "grown by pre-training"}` +
      (parameters ? `, ${count(parameters)} parameters` : "") + `, ${count(tokens)} tokens seen` +
      (about.latest?.val_loss ? `, validation loss ${number(about.latest.val_loss)}.` : "."));
    const ages = Math.min(6, samples.length);
    // Early ages change fastest: the shown ones are spread evenly over the logarithm of the step.
    const chosen = [...new Set(Array.from({length: ages}, (_, i) => Math.round(samples.length ** ((i + 1) / ages)) - 1))];
    fill(story, chosen.length ? chosen.map((i) => {
      const {step, prompt, text} = samples[i], seen = run.step ? tokens * step / run.step : 0;
      const [age, words] = step ? [`step ${whole(step)}`, `${count(seen)} tokens`] : grown ? ["before", "the base model"] : ["the seed", "random numbers"];
      return h("li", {}, svg("svg", {viewBox: "0 20 90 168", width: 54, height: 100, "aria-hidden": "true"},
        svg("line", {x1: 5, x2: 85, y1: 180, y2: 180, class: "earth"}), ...plant(45, ground, {tokens: grown ? Math.max(seen, 1e5) : seen, parameters, blossoms: tuned && step > 0})),
      h("span.age", {}, age, h("br"), h("span.muted", {}, words)),
      h("p.sample", {}, h("span.prompt", {}, prompt ?? "", tuned ? " → " : ""), readable(text.slice(0, 320))));
    }) : h("li.none", {}, "Nothing yet: the first sample comes in a moment."));
  }, story);

  fill(body, garden, h("div.panel", {}, h("h2", {}, "What it wrote at each age"), facts, story));
  drawGarden();
  drawStory();
  let last = 0;
  const drawSoon = () => {
    if (document.hidden || performance.now() - last < 2000 || garden.contains(document.activeElement)) return;
    last = performance.now();
    drawGarden();
  };
  const ends = [on("runs", drawGarden), on("resize", drawGarden), on("current", () => { drawGarden(); drawStory(); }),
    on("sample", (line) => line.run === state.current?.id && drawStory()), on("beat", (all) => all && drawSoon())];
  return () => ends.forEach((end) => end());
}

export const journey = {
  name: "journey", title: "Journey", mark: "❀",
  words: "From a seed of random numbers, by pre-training, to a model shaped by fine-tuning: each plant is a run, tall by what it has read, broad by its parameters.",
  sources: ["trainer/training/trainer.cpp", "trainer/model/model.cpp"],
  show,
};
