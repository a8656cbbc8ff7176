// The words on a plot: of its axes, and of what somebody did.
import {count, duration, number, whole} from "./format.js";
import {state} from "./store.js";

/// Of a place on the horizontal axis.
export function axisWords(value) {
  if (state.settings.x === "relative") return duration(value);
  if (state.settings.x === "wall" && value > 1e11) return new Date(value).toLocaleTimeString();
  return whole(value);
}

/// On a logarithmic axis only 1, 2 and 5 of each power of ten have words.
export function valueWords(value, type) {
  if (type === "logarithmic" && ![1, 2, 5].includes(Number(value.toExponential(3).split("e")[0]))) return "";
  return Math.abs(value) >= 10000 ? count(value) : number(value);
}

/// Acts that change what is computed are marked.
export function isMarked(event) {
  return !["sample", "save"].includes(event.command);
}

/// An intervention in a few words: "learning-rate 0.0003", "fork nano-1-fork-1".
export function eventWords(event) {
  const words = (table) => Object.entries(table).filter(([key]) => !["id", "command", "step", "run", "time", "seconds"].includes(key))
    .map(([key, value]) => `${key} ${typeof value === "number" ? number(value) : value}`).join(", ");
  const said = event.arguments ?? event;
  if (String(event.id).startsWith("clock-")) return `clock: ${said.steps} steps`;
  if (event.command === "fork") return `fork ${said.name ?? ""}`.trim();
  return event.command === "set" ? words(said) : event.command;
}
