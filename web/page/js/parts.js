// The parts that several views share: choosing a model, token strips, bars, and work that may be overtaken.
import {h, fill, throttled} from "./dom.js";
import {get} from "./api.js";
import {number, percent, tokenText} from "./format.js";
import {explain} from "./notices.js";
import {isActive, on, state} from "./store.js";

/// A choice of the current run's weights: live, best, latest or a checkpoint. {element, value(), end()}.
export function modelPicker(onChange, label = "Weights of") {
  const choice = h("select", {"aria-label": label, onchange: onChange});
  async function load() {
    const run = state.current;
    if (!run) return fill(choice, h("option", {value: ""}, "no run yet"));
    const {checkpoints} = await get(`/api/runs/${run.id}/checkpoints`).catch(() => ({checkpoints: []}));
    const before = choice.value;
    const options = [];
    if (run.live && isActive(run)) options.push([`${run.id}/live`, "now, while it trains"]);
    const seed = checkpoints.length ? [[`${run.id}/seed`, "before the first step"]] : [];
    for (const one of [...checkpoints].reverse()) {
      const words = [one.best ? "best" : "", one.latest ? "latest" : ""].filter(Boolean).join(", ");
      options.push([`${run.id}/${one.name}`, `step ${one.step}${words ? ` (${words})` : ""}`]);
    }
    options.push(...seed);
    fill(choice, options.length ? options.map(([value, words]) => h("option", {value}, words))
      : h("option", {value: ""}, "no weights yet"));
    if (options.some(([value]) => value === before)) choice.value = before;
    if (choice.value !== before) onChange?.();
  }
  const ends = [on("current", load), on("checkpoint", load), on("runs", throttled(load, 2000))];
  load();
  return {
    element: h("label.field", {}, h("span", {}, label), choice),
    value: () => choice.value,
    isLive: () => choice.value.endsWith("/live"),
    end: () => ends.forEach((end) => end()),
  };
}

/// Runs `work(signal)` so that a later call ends an earlier one; errors are said in `place` (or as an alert).
export function latest(work, place) {
  let controller = null;
  const act = async (...args) => {
    controller?.abort();
    const mine = controller = new AbortController();
    act.busy = true;
    try {
      place?.replaceChildren();
      await work(mine.signal, ...args);
    } catch (error) {
      if (error.name === "AbortError" || mine.signal.aborted) return;
      if (place) fill(place, h("p.bad", {role: "status"}, error.message));
      else explain(error);
    } finally {
      if (controller === mine) act.busy = false;
    }
  };
  return act;
}

/// Repeats `act` every `milliseconds` while the page is seen, `wanted()` holds, and the last one is done. Returns its end.
export function repeat(act, milliseconds, wanted = () => true) {
  const timer = setInterval(() => { if (!document.hidden && !act.busy && wanted()) act(); }, milliseconds);
  return () => clearInterval(timer);
}

/// A colour between the ground and the accent by a share of 0 to 1, as a class in 10 steps (the style sheet has them).
export function shade(share) {
  return `shade-${Math.max(0, Math.min(9, Math.floor(10 * share)))}`;
}

/// Tokens as chips; `of(i)` gives {share, title} of the i-th, `choose(i)` is called on a click.
export function tokenStrip(tokens, of, choose, chosen = -1) {
  return h("div.tokens", {role: choose ? "group" : null}, tokens.map((token, i) => {
    const {share = 0, title = "", pressed = i === chosen, word = null} = of(i) ?? {};
    const text = word ?? tokenText(token.text);
    return choose
      ? h("button", {class: `token ${shade(share)}`, title, "aria-pressed": String(pressed), onclick: () => choose(i)}, text)
      : h("span", {class: `token ${shade(share)}`, title}, text);
  }));
}

/// Horizontal bars: rows of {label, value, note, strong}; the longest fills the line, or `most` does.
export function bars(rows, {most = Math.max(1e-12, ...rows.map((row) => row.value)), words = (value) => percent(value)} = {}) {
  const wide = rows.some((row) => row.label.length > 16);
  return h("ol.bars", {class: wide ? "wide" : null}, rows.map((row) => {
    const bar = h("span.bar", {class: row.strong ? "strong" : null, "aria-hidden": "true"});
    bar.style.width = `${Math.max(0.3, 100 * row.value / most)}%`;
    return h("li", {}, h("span.label", {title: row.label}, row.label), h("span.track", {}, bar), h("span.value", {}, row.note ?? words(row.value)));
  }));
}

/// A labelled slider that shows its value: {element, value()}.
export function slider(label, {min, max, step, value, words = number}, onInput) {
  const shown = h("output", {}, words(Number(value)));
  const input = h("input", {type: "range", min, max, step, value, "aria-label": label, oninput: () => {
    fill(shown, words(Number(input.value)));
    onInput?.(Number(input.value));
  }});
  return {element: h("label.field", {}, h("span.row", {}, label, shown), input), value: () => Number(input.value), input};
}

/// A text area that calls `onChange` after a pause in typing: {element, value()}.
export function textBox(label, value, onChange, rows = 3) {
  let timer = null;
  const area = h("textarea", {rows, "aria-label": label, spellcheck: "false", oninput: () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, 350);
  }});
  area.value = value;
  return {element: h("label.field", {}, h("span", {}, label), area), value: () => area.value, area};
}

/// The beginning of a text that suits the current run: its last sample; while it knows no words yet, a common sentence.
export async function exampleText(words = 24) {
  if (state.current) {
    const {samples} = await get(`/api/runs/${state.current.id}/samples`).catch(() => ({samples: []}));
    const last = samples.at(-1);
    if (last?.step > 0) return ((last.prompt ?? "") + last.text).split(/(?<=\s)/).slice(0, words).join("").trim();
  }
  return "Once upon a time there was a little girl who lived near the old mill by the river.".split(/(?<=\s)/).slice(0, words).join("").trim();
}

/// Is the current run's model one that fills masks?
export async function isMasked(run = state.current) {
  if (!run) return false;
  const reply = await get(`/api/runs/${run.id}`).catch(() => null);
  return JSON.stringify(reply?.run ?? {}).includes('"masked"');
}
