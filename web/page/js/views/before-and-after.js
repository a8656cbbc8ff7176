// Before and after: the same input on several models, and where in the network they differ.
import {h, fill} from "../dom.js";
import {get, post} from "../api.js";
import {number, percent} from "../format.js";
import {bars, latest, slider, textBox} from "../parts.js";
import {on, state} from "../store.js";

function show(body) {
  const choices = h("div.checks"), answers = h("div.grid"), moved = h("div.panel"), trouble = h("div");
  const prompt = textBox("The same input for all", "Once upon a time", () => {}, 2);
  const length = slider("Tokens", {min: "10", max: "120", step: "5", value: "40"});
  const chosen = () => [...choices.querySelectorAll("input:checked")].map((box) => box.value);
  const button = h("button.primary", {onclick: () => compare()}, "Compare");

  const load = latest(async (signal) => {
    const runs = [...state.runs.values()].slice(0, 6);
    const lists = await Promise.all(runs.map((run) => get(`/api/runs/${run.id}/checkpoints`, signal).catch(() => ({checkpoints: []}))));
    const before = chosen();
    fill(choices, runs.map((run, i) => {
      const all = lists[i].checkpoints;
      const some = [...new Set([all[0], all[Math.floor(all.length / 2)], all.at(-1)].filter(Boolean))];
      return h("fieldset", {}, h("legend", {}, run.id), some.length ? some.map((one) => {
        const value = `${run.id}/${one.name}`;
        const wanted = before.length ? before.includes(value) : run.id === state.current?.id && (one === some[0] || one === some.at(-1));
        return h("label.row", {}, h("input", {type: "checkbox", value, checked: wanted}), one === all.at(-1) ? `step ${one.step}, its last` : `step ${one.step}`);
      }) : h("span.muted", {}, "no weights saved yet"));
    }));
    if (!answers.childElementCount && chosen().length) compare();
  }, trouble);

  const compare = latest(async (signal) => {
    const models = chosen();
    if (!models.length) return fill(trouble, h("p.bad", {role: "status"}, "Choose at least one model."));
    button.disabled = true;
    try {
      const reply = await post("/api/inspect", {view: "compare", models, text: prompt.value(), "max-tokens": length.value(), temperature: 0}, signal);
      fill(answers, reply.answers.map((answer) => h("div.panel", {}, h("h2", {}, answer.model), answer.error ? h("p.bad", {}, answer.error.message ?? answer.error)
        : h("p.sample", {}, h("span.prompt", {}, prompt.value()), answer.text))));
      fill(moved);
      moved.hidden = models.length < 2;
      if (models.length > 1) await difference(models[0], models.at(-1), signal);
    } finally {
      button.disabled = false;
    }
  }, trouble);

  async function difference(first, last, signal) {
    try {
      const {groups} = await post("/api/inspect", {view: "difference", model: last, against: first}, signal);
      fill(moved, h("h2", {}, "What moved"), h("p.muted", {}, `How far each group of weights of ${last} lies from ${first}, as a share of its own size.`),
        bars(groups.map((group) => ({label: group.name, value: group.relative, note: percent(group.relative)}))));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      fill(moved, h("h2", {}, "What moved"), h("p.muted", {}, error.message));
    }
  }

  moved.hidden = true;
  fill(body, h("div.panel.stack", {}, choices, prompt.element, h("div.row", {}, length.element, button), trouble), answers, moved);
  load();
  const ends = [on("current", load), on("checkpoint", load)];
  return () => ends.forEach((end) => end());
}

export const beforeAndAfter = {
  name: "before-and-after", title: "Before and after", mark: "⇄",
  words: "The same input on the seed, the pre-trained and the fine-tuned model, and where their weights differ.",
  sources: ["trainer/generation/generator.cpp", "web/server/inspect_weights.cpp"],
  show,
};
