// Before and after: the same input on the seed, the pre-trained and the fine-tuned model, what fine-tuning moved, and what
// it made the model forget.
import {h, fill} from "../dom.js";
import {get, post} from "../api.js";
import {number, percent, readable} from "../format.js";
import {bars, latest, slider, textBox} from "../parts.js";
import {on, state} from "../store.js";

/// The run of this list whose folder a run began from ("…/runs/village" or "…/runs/village/checkpoints/best").
function baseOf(about, runs) {
  const from = about?.run?.plan?.from ?? about?.run?.flags?.from;
  if (typeof from !== "string") return null;
  const parts = from.replace(/\/checkpoints\/.*$/, "").split("/");
  return runs.find((run) => run.id === parts.at(-1)) ?? null;
}

/// A fine-tuned model answers; others go on with the text.
function isTuned(model) {
  return state.runs.get(model.split("/")[0])?.command === "finetune" && !model.endsWith("/seed");
}

function show(body) {
  const choices = h("div.checks"), answers = h("div.grid"), moved = h("div.panel"), forgotten = h("div.panel"), trouble = h("div");
  const prompt = textBox("The same input for all", "Once upon a time", () => {}, 2);
  const length = slider("Tokens", {min: "10", max: "120", step: "5", value: "40"});
  const chosen = () => [...choices.querySelectorAll("input:checked")].map((box) => box.value);
  const button = h("button.primary", {onclick: () => compare()}, "Compare");
  let names = new Map();  // MODEL -> its words

  const load = latest(async (signal) => {
    const all = [...state.runs.values()], about = await get(`/api/runs/${state.current.id}`, signal);
    const base = baseOf(about, all), before = chosen();
    const runs = [base, state.current, ...all.filter((run) => run !== base && run.id !== state.current.id)].filter(Boolean).slice(0, 6);
    const lists = await Promise.all(runs.map((run) => get(`/api/runs/${run.id}/checkpoints`, signal).catch(() => ({checkpoints: []}))));
    names = new Map();
    fill(choices, runs.map((run, i) => {
      const all = lists[i].checkpoints;
      const some = [...new Set([all[Math.floor(all.length / 2)], all.at(-1)].filter(Boolean))].map((one) => [`${run.id}/${one.name}`, `step ${one.step}${one === all.at(-1) ? ", its last" : ""}`]);
      // A fine-tuned run's beginning is the base's end, which stands in the base's own box.
      if (all.length && (run.command !== "finetune" || !baseOf(about, runs))) some.unshift([`${run.id}/seed`, "the seed, before the first step"]);
      return h("fieldset", {}, h("legend", {}, run.id + (run === base ? " (the base)" : "")), some.length ? some.map(([value, words], at) => {
        names.set(value, `${run.id}, ${words}`);
        const ends = at === some.length - 1 || value.endsWith("/seed");
        const wanted = before.length ? before.includes(value) : ends && (run === base || run.id === state.current.id);
        return h("label.row", {}, h("input", {type: "checkbox", value, checked: wanted}), words);
      }) : h("span.muted", {}, "no weights saved yet"));
    }));
    drawForgotten(about.report?.forgetting);
    if (!answers.childElementCount && chosen().length) compare();
  }, trouble);

  const compare = latest(async (signal) => {
    const models = chosen();
    if (!models.length) return fill(trouble, h("p.bad", {role: "status"}, "Choose at least one model."));
    button.disabled = true;
    try {
      const reply = await post("/api/inspect", {view: "compare", models, text: prompt.value(), "max-tokens": length.value(), temperature: 0}, signal);
      fill(answers, reply.answers.map((answer) => h("div.panel", {}, h("h2", {}, names.get(answer.model) ?? answer.model), answer.error ? h("p.bad", {}, answer.error.message ?? answer.error)
        : h("p.sample", {}, h("span.prompt", {}, prompt.value(), isTuned(answer.model) ? " → " : ""), readable(answer.text ?? "") || h("span.muted", {}, "(it says nothing)")))));
      moved.hidden = models.length < 2;
      if (models.length > 1) await difference(models.at(-2), models.at(-1), signal);
    } finally {
      button.disabled = false;
    }
  }, trouble);

  async function difference(first, last, signal) {
    const head = [h("h2", {}, "What moved"), h("p.muted", {}, `How far each group of weights of “${names.get(last) ?? last}” lies from “${names.get(first) ?? first}”, as a share of its own size.`)];
    try {
      const {groups} = await post("/api/inspect", {view: "difference", model: last, against: first}, signal);
      fill(moved, head, bars(groups.filter((group) => Number.isFinite(group.relative)).map((group) => ({label: group.name, value: group.relative, note: percent(group.relative)}))));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      fill(moved, head, h("p.muted", {}, error.message));
    }
  }

  function drawForgotten(cost) {
    forgotten.hidden = !cost;
    if (!cost) return;
    const worse = cost.val_loss_after / cost.val_loss_before - 1;
    fill(forgotten, h("h2", {}, "What was forgotten"), h("p", {}, `On the text the base was grown on (${cost.text}) the loss went from ${number(cost.val_loss_before)} to ${number(cost.val_loss_after)} nats a token: `,
      worse > 0.02 ? `${percent(worse)} worse. A new skill has cost a part of the old one; fewer steps, a lower learning rate or LoRA cost less.` : "next to nothing was forgotten."));
  }

  moved.hidden = forgotten.hidden = true;
  fill(body, h("div.panel.stack", {}, choices, prompt.element, h("div.row", {}, length.element, button), trouble), answers, forgotten, moved);
  load();
  const ends = [on("current", () => { fill(choices); fill(answers); load(); }), on("checkpoint", load)];
  return () => ends.forEach((end) => end());
}

export const beforeAndAfter = {
  name: "before-and-after", title: "Before and after", mark: "⇄",
  words: "The same input on the seed, the pre-trained and the fine-tuned model; what fine-tuning moved, and what it made forget.",
  sources: ["trainer/generation/generator.cpp", "web/server/inspect_weights.cpp"],
  show,
};
