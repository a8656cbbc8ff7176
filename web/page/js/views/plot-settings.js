// The bar that all plots share: smoothing, axes, overlaid runs. Everything set here stands in the address.
import {h, fill} from "../dom.js";
import {on, set, state} from "../store.js";

export function plotSettings() {
  const smoothing = h("input", {type: "range", min: "0", max: "0.99", step: "0.01", "aria-label": "Smoothing",
    value: state.settings.smooth, oninput: () => set({smooth: smoothing.value})});
  const axis = h("select", {"aria-label": "Horizontal axis", onchange: () => set({x: axis.value, from: "", to: ""})},
    [["step", "by step"], ["relative", "by time"], ["wall", "by the clock"]].map(([value, words]) => h("option", {value}, words)));
  axis.value = state.settings.x;
  const toggles = [["logx", "log x"], ["logy", "log y"]].map(([key, words]) =>
    [key, h("button.small", {onclick: () => set({[key]: state.settings[key] ? "" : "1"})}, words)]);
  function drawSettings() {
    axis.value = state.settings.x;
    smoothing.value = state.settings.smooth;
    for (const [key, button] of toggles) button.setAttribute("aria-pressed", String(Boolean(state.settings[key])));
    drawRuns();
  }
  const overlay = h("select", {"aria-label": "Lay another run over this one", onchange: () => {
    const chosen = new Set(state.settings.overlay.split(",").filter(Boolean));
    if (overlay.value === "none") chosen.clear();
    else if (chosen.has(overlay.value)) chosen.delete(overlay.value);
    else chosen.add(overlay.value);
    set({overlay: [...chosen].join(",")});
  }});
  function drawRuns() {
    const chosen = state.settings.overlay.split(",").filter(Boolean);
    const others = [...state.runs.keys()].filter((id) => id !== state.current?.id);
    fill(overlay, h("option", {value: ""}, chosen.length ? `${chosen.length} overlaid` : "overlay a run…"),
      others.map((id) => h("option", {value: id}, `${chosen.includes(id) ? "✓ " : ""}${id}`)),
      chosen.length ? h("option", {value: "none"}, "none") : null);
    overlay.disabled = !others.length;
  }
  const ends = [on("runs", drawRuns), on("current", drawRuns), on("settings", drawSettings), on("view", () => ends.forEach((end) => end()))];
  drawSettings();
  return h("div.panel.row.settings", {},
    h("label.row", {}, h("span.muted", {}, "Smoothing"), smoothing), axis, toggles.map(([, button]) => button), overlay);
}
