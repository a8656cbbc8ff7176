// Cockpit: how far the run is, its curves, and the levers. Every act lands between two steps and is marked on the plots.
import {h, fill, write} from "../dom.js";
import {get, getShared, post} from "../api.js";
import {duration, number, percent, whole, count} from "../format.js";
import {explain, say} from "../notices.js";
import {Plot} from "../plot.js";
import {address, command, isActive, on, state} from "../store.js";
import {plotSettings} from "./plot-settings.js";

const levers = [["learning-rate", "Learning rate"], ["batch-size", "Batch size"], ["dropout", "Dropout"], ["prompt", "Prompt of the samples"]];

/// The clock's own corrections are many, and move no lever.
const isTiny = (event) => String(event.id).startsWith("clock-");

const names = ["Loss (nats a token)", "Validation loss", "Bits a byte", "Learning rate", "Gradient norm", "Tokens a second",
  "Share of the peak", "Tokens seen", "Time"];

function show(body) {
  const cells = names.map(() => h("dd", {}, "–"));
  const facts = h("dl.facts.live", {}, names.map((name, i) => h("div", {}, h("dt", {}, name), cells[i])));
  const sentence = h("p", {role: "status"});
  const bar = h("progress", {max: "1", "aria-label": "Share of the steps done"});
  const reason = h("p");
  const next = h("p");
  const onward = h("div.row.onward");
  const buttons = h("div.row");
  const inputs = new Map();

  function act(name, words, more) {
    const run = state.current;
    command(run, name, more).then(() => say(words)).catch(explain);
  }

  /// The sentence and the loss at every beat, the other figures once a second: nobody reads nine numbers that flicker.
  function drawFacts(all = true) {
    const run = state.current;
    if (!run) return;
    const m = run.metrics ?? {};
    const left = m.seconds && m.step ? (run.steps - m.step) * m.seconds / m.step : NaN;
    const how = {starting: "is getting ready", running: "is training", paused: "is paused", stopped: "was stopped",
      finished: "has finished", failed: "failed"}[run.state] ?? run.state;
    write(sentence, `${run.id} ${how}: step ${whole(run.step)} of ${whole(run.steps)}` +
      (run.state === "running" && Number.isFinite(left) ? `, about ${duration(left)} left.` : "."));
    write(cells[0], number(m.loss));
    if (!all) return;
    bar.value = run.steps ? run.step / run.steps : 0;
    const values = [number(m.loss), number(m.val_loss), number(m.bits_per_byte), number(m.learning_rate), number(m.grad_norm),
      count(m.tokens_per_second), percent(m.mfu || NaN), count(m.tokens), duration(m.seconds)];
    values.forEach((value, i) => write(cells[i], value));
  }

  /// How it ended, and what to do now.
  function drawEnd() {
    const run = state.current, over = run && !isActive(run);
    reason.hidden = !over || !run.message;
    next.hidden = !over || run.state === "failed" || !run.step;
    const part = run?.id.includes(".");  // of a comparison, which is whole only with runs of one length
    onward.hidden = next.hidden || part || state.defaults?.can_start === false;
    if (!onward.hidden) drawOnward(run);
    if (!over) return;
    reason.className = run.state === "failed" ? "bad" : "muted";
    fill(reason, run.message ?? "");
    const way = (view, words) => h("a", {href: address(view, {run: run.id})}, words);
    fill(next, "What now: ", way("playground", "play with it"), ", ", way("sample-timeline", "see how it learnt to write"), ", ",
      way("before-and-after", "hold it against another"), ", or ", way("fork", "branch off"), " and turn a knob.");
  }

  /// A stopped run goes on to its planned end, a finished one for more minutes. What is being typed stays.
  function drawOnward(run) {
    const key = `${run.id} ${run.state} ${run.steps}`;
    if (onward.dataset.key === key) return;
    onward.dataset.key = key;
    if (run.state === "stopped" && run.step < run.steps)
      return fill(onward, h("button.primary", {onclick: () => goOn(run, {})}, `Go on to step ${whole(run.steps)}`));
    const minutes = h("input", {type: "number", min: "0.1", step: "any", value: "3", "aria-label": "Minutes more"});
    const begin = () => {
      if (!(Number(minutes.value) > 0)) {
        say("Type how many minutes more.");
        return minutes.focus();
      }
      goOn(run, {minutes: (run.metrics?.seconds ?? 0) / 60 + Number(minutes.value)});
    };
    minutes.addEventListener("keydown", (event) => { if (event.key === "Enter") begin(); });
    fill(onward, h("label.row", {}, h("span", {}, "Minutes more"), minutes), h("button.primary", {onclick: begin}, "Train on"));
  }

  function goOn(run, more) {
    post("/api/runs", {command: run.command, resume: run.id, ...more})
      .then(() => say(`${run.id} goes on.`)).catch(explain);
  }

  function drawButtons() {
    const run = state.current;
    const active = Boolean(run?.live && isActive(run));
    const paused = run?.state === "paused";
    const button = (label, name, words, properties = {}) =>
      h("button", {disabled: !active, onclick: () => act(name, words), ...properties}, label);
    fill(buttons,
      paused ? button("Resume", "resume", "Training goes on.", {class: "primary", title: "Space"})
        : button("Pause", "pause", "Paused between two steps.", {title: "Space"}),
      button("One step", "step", "One step.", {title: "."}),
      button("Sample", "sample", "A sample is being written."),
      button("Save", "save", "A checkpoint is being saved."),
      h("button", {disabled: !active, onclick: confirmStop}, "Stop"));
    for (const [input, apply] of inputs.values()) input.disabled = apply.disabled = !active;
    rewindButton.disabled = rewindTo.disabled = !active;
  }

  function confirmStop() {
    const yes = h("button.primary", {onclick: () => { act("stop", "Saved and stopped."); drawButtons(); }}, "Stop and save");
    fill(buttons, h("span", {}, "End this run here?"), yes, h("button", {onclick: drawButtons}, "Go on"));
    yes.focus();
  }

  const leverForm = h("div.stack", {}, levers.map(([flag, label]) => {
    const isText = flag === "prompt";
    const input = h("input", {...(isText ? {type: "text"} : {type: "number", step: "any", min: "0"}), "aria-label": label, data: {lever: flag}});
    const change = () => {
      if (input.value === "") {
        say(`${label}: type the new value first.`);
        return input.focus();
      }
      act("set", `${label} is ${input.value} from the next step on.`, {[flag]: isText ? input.value : Number(input.value)});
    };
    const apply = h("button.small", {onclick: change}, "Set");
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") change(); });
    inputs.set(flag, [input, apply]);
    return h("label.field", {}, h("span", {}, label), h("span.row", {}, input, apply));
  }));

  /// The present values stand in the empty fields: as planned, or as last set.
  async function drawLevers(ask = get) {
    const run = state.current;
    const [about, {events} = {}] = await Promise.all([ask(`/api/runs/${run.id}`), ask(`/api/runs/${run.id}/events`)]).catch(() => []);
    if (!about) return;  // nobody answers: what stands there stays
    const values = Object.assign({}, about.run?.plan, ...events.filter((one) => one.command === "set" && !one.refused).map((one) => one.arguments));
    for (const [flag, [input]] of inputs) input.placeholder = [undefined, ""].includes(values[flag]) ? "" : `now ${values[flag]}`;
  }

  const rewindTo = h("select", {"aria-label": "Checkpoint to go back to"});
  const rewindButton = h("button.small", {
    onclick: () => rewindTo.value && act("rewind", `Back to step ${rewindTo.value}.`, {step: Number(rewindTo.value)}),
  }, "Rewind");
  const rewind = h("div.row", {}, rewindTo, rewindButton);

  async function drawCheckpoints() {
    const run = state.current;
    if (!run) return;
    const {checkpoints} = await get(`/api/runs/${run.id}/checkpoints`).catch(() => ({checkpoints: []}));
    fill(rewindTo, checkpoints.length ? checkpoints.reverse().map((one) => h("option", {value: one.step}, `step ${whole(one.step)}`))
      : h("option", {value: ""}, "no checkpoint yet"));
  }

  const plots = [
    new Plot({key: "loss", with: ["val_loss"], title: "Loss", words: "training and validation, nats a token; lower is better"}),
    new Plot({key: "learning_rate", calm: true, title: "Learning rate", words: "how far a step goes"}),
    new Plot({key: "grad_norm", calm: true, title: "Gradient norm", words: "how steep the ground is; spikes are trouble"}),
    new Plot({key: "tokens_per_second", calm: true, title: "Tokens a second", words: "speed"}),
    new Plot({key: "mfu", calm: true, fromZero: true, measured: true, title: "Share of the peak", words: "of the operations that this machine could do"}),
  ];
  plots[0].element.classList.add("tall", "wide");

  const panels = h("div.split", {},
    h("div.stack", {}, h("div.panel", {}, sentence, bar, reason, next, onward, facts), plotSettings(), h("div.grid.four", {}, plots.map((one) => one.element))),
    h("div.stack", {}, h("div.panel", {}, h("h2", {}, "Steer"), buttons), h("div.panel", {}, h("h2", {}, "Change while it runs"), leverForm),
      h("div.panel", {}, h("h2", {}, "Go back"), rewind)));
  fill(body, panels);

  const redraw = () => { drawFacts(); drawEnd(); drawButtons(); };
  const ends = [on("beat", drawFacts), on("runs", redraw), on("defaults", drawEnd), on("current", () => { redraw(); drawCheckpoints(); drawLevers(getShared); }),
    on("checkpoint", drawCheckpoints), on("intervention", (event) => isTiny(event) || drawLevers()), on("state", () => drawLevers())];
  redraw();
  drawLevers(getShared);
  drawCheckpoints();
  return () => {
    ends.forEach((end) => end());
    plots.forEach((plot) => plot.destroy());
  };
}

export const cockpit = {
  name: "cockpit", title: "Cockpit", mark: "◉",
  words: "Where the run stands, how it learns, and the levers to steer it.",
  sources: ["trainer/training/trainer.cpp"],
  show,
};
