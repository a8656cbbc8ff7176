// The bar that all plots share: smoothing, axes, overlaid runs. Everything set here stands in the address.
import {h, fill} from "../dom.js";
import {on, set, state} from "../store.js";

export function plotSettings() {
  const smoothing = h("input", {type: "range", min: "0", max: "0.99", step: "0.01", "aria-label": "Smoothing",
    value: state.settings.smooth, oninput: () => set({smooth: smoothing.value})});
  const axis = h("select", {"aria-label": "Horizontal axis", onchange: () => set({x: axis.value, from: "", to: ""})},
    [["step", "by step"], ["relative", "by time"], ["wall", "by the clock"]].map(([value, words]) => h("option", {value}, words)));
  axis.value = state.settings.x;
  const toggle = (key, words) => {
    const button = h("button.small", {"aria-pressed": String(Boolean(state.settings[key])), onclick: () => {
      set({[key]: state.settings[key] ? "" : "1"});
      button.setAttribute("aria-pressed", String(Boolean(state.settings[key])));
    }}, words);
    return button;
  };
  const overlay = h("select", {"aria-label": "Lay another run over this one", onchange: () => {
    const chosen = new Set(state.settings.overlay.split(",").filter(Boolean));
    if (overlay.value === "none") chosen.clear();
    else if (chosen.has(overlay.value)) chosen.delete(overlay.value);
    else chosen.add(overlay.value);
    set({overlay: [...chosen].join(",")});
    drawRuns();
  }});
  function drawRuns() {
    const chosen = state.settings.overlay.split(",");
    const others = [...state.runs.keys()].filter((id) => id !== state.current?.id);
    fill(overlay, h("option", {value: ""}, chosen.filter(Boolean).length ? `${chosen.length} overlaid` : "overlay a run…"),
      others.map((id) => h("option", {value: id}, `${chosen.includes(id) ? "✓ " : ""}${id}`)),
      chosen.filter(Boolean).length ? h("option", {value: "none"}, "none") : null);
    overlay.disabled = !others.length;
  }
  on("runs", drawRuns);
  drawRuns();
  return h("div.panel.row.settings", {},
    h("label.row", {}, h("span.muted", {}, "Smoothing"), smoothing), axis, toggle("logx", "log x"), toggle("logy", "log y"), overlay);
}
