// Moving about in a plot: the wheel zooms about the pointer, dragging pans, a double click fits; with the canvas in focus
// + - and the arrows do the same, Escape fits. The range stands in the address.
import {throttled} from "./dom.js";
import {set, state} from "./store.js";

/// Listens on the plot's canvas; `plot` has a chart by now.
export function listenForZoom(plot) {
  const {canvas} = plot;
  canvas.tabIndex = 0;
  const steps = () => {
    const {min, max} = plot.chart.scales.x;
    return state.settings.x === "step" ? [min, max] : [plot.stepAt(min), plot.stepAt(max)];
  };
  const show = throttled((from, to) => {
    if (to - from >= 2) set({from: String(Math.max(0, Math.floor(from))), to: String(Math.ceil(to))});
  }, 100);
  const zoom = (factor, share) => {
    const [from, to] = steps(), center = from + share * (to - from);
    show(center - (center - from) * factor, center + (to - center) * factor);
  };
  const share = (event) => {
    const {left, right} = plot.chart.chartArea;
    return Math.min(1, Math.max(0, (event.offsetX - left) / (right - left)));
  };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== canvas) return;  // a page must scroll past its plots
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, share(event));
  }, {passive: false});
  canvas.addEventListener("dblclick", () => set({from: "", to: ""}));
  let grip = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") return;
    grip = {x: event.offsetX, steps: steps()};
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!grip || Math.abs(event.offsetX - grip.x) < 4) return;
    const {left, right} = plot.chart.chartArea;
    const shift = (grip.x - event.offsetX) / (right - left) * (grip.steps[1] - grip.steps[0]);
    show(grip.steps[0] + shift, grip.steps[1] + shift);
  });
  canvas.addEventListener("pointerup", () => { grip = null; });
  canvas.addEventListener("keydown", (event) => {
    const [from, to] = steps(), tenth = (to - from) / 10;
    const act = {"+": () => zoom(0.8, 0.5), "-": () => zoom(1.25, 0.5), ArrowLeft: () => show(from - tenth, to - tenth),
      ArrowRight: () => show(from + tenth, to + tenth), Escape: () => set({from: "", to: ""})}[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}
