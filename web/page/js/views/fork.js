// Fork: branch off at a checkpoint, change one knob, and lay the two curves over each other.
import {h, fill} from "../dom.js";
import {get, post} from "../api.js";
import {latest} from "../parts.js";
import {explain, say} from "../notices.js";
import {Plot} from "../plot.js";
import {command, isActive, loadRuns, on, set, state} from "../store.js";
import {plotSettings} from "./plot-settings.js";

const knobs = ["learning-rate", "batch-size", "dropout", "weight-decay", "schedule", "steps"];

function show(body) {
  const from = h("select", {"aria-label": "Where to branch off"});
  const knob = h("select", {"aria-label": "What to change", onchange: drawValue}, knobs.map((name) => h("option", {value: name}, name)));
  const place = h("span"), trouble = h("div");
  let value = null, now = {};  // the run's settings
  const button = h("button.primary", {onclick: fork}, "Fork");
  const plot = new Plot({key: "loss", with: ["val_loss"], title: "Loss", words: "the run and its forks"});
  plot.element.classList.add("tall");

  function drawValue() {
    const flag = state.defaults?.flags?.[knob.value] ?? {};
    value = flag.choices ? h("select", {"aria-label": "New value"}, flag.choices.map((choice) => h("option", {value: choice}, choice)))
      : h("input", {type: "number", step: "any", min: flag.min, max: flag.max, "aria-label": "New value", placeholder: now[knob.value] === undefined ? flag.default ?? "" : `now ${now[knob.value]}`});
    fill(place, value);
  }

  const load = latest(async (signal) => {
    const run = state.current;
    const [{checkpoints}, about] = await Promise.all([get(`/api/runs/${run.id}/checkpoints`, signal), get(`/api/runs/${run.id}`, signal)]);
    now = about.run?.plan ?? {};
    if (!value.value) drawValue();
    fill(from, run.live && isActive(run) ? h("option", {value: "now"}, "here, at this step") : null,
      [...checkpoints].reverse().map((one) => h("option", {value: one.step}, `step ${one.step}`)));
    button.disabled = !from.options.length;
  }, trouble);

  async function fork() {
    const run = state.current, flag = state.defaults?.flags?.[knob.value] ?? {};
    if (value.validity.badInput) return say("Type a number.");
    const changed = value.value === "" ? {} : {[knob.value]: flag.choices ? value.value : Number(value.value)};
    button.disabled = true;
    try {
      const id = from.value === "now" ? (await command(run, "fork", changed)).run
        : (await post("/api/runs", {command: run.command, fork: {run: run.id, step: Number(from.value)}, ...changed})).id;
      await loadRuns();
      set({overlay: [...new Set([...state.settings.overlay.split(","), id])].filter(Boolean).join(",")});
      say(`${id} branches off ${run.id}.`);
    } catch (error) {
      explain(error);
    } finally {
      button.disabled = false;
    }
  }

  const field = (label, element) => h("label.field", {}, h("span", {}, label), element);
  fill(body, h("div.panel.stack", {}, h("div.row", {}, field("Branch off at", from), field("Change", knob), field("To", place), button), trouble), plotSettings(), plot.element);
  drawValue();
  load();
  const ends = [on("current", load), on("checkpoint", load), on("defaults", drawValue)];
  return () => {
    ends.forEach((end) => end());
    plot.destroy();
  };
}

export const fork = {
  name: "fork", title: "Fork", mark: "⋔",
  words: "Branch off, change one knob, and watch the two side by side.",
  sources: ["trainer/training/trainer_steering.cpp"],
  show,
};
