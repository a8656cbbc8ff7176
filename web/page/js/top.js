// The bar at the top: which run is shown, how the connection is, theme and projector.
import {h, fill} from "./dom.js";
import {on, set, state} from "./store.js";

const words = {
  live: ["connected", "The page hears from the program."],
  reconnecting: ["reconnecting", "The program does not answer; the page tries again every second."],
  polling: ["slow", "Too many pages are open: this one asks every second instead of listening."],
};

export function topBar({toggleTheme, toggleProjector}) {
  const choice = h("select", {"aria-label": "Run", onchange: () => set({run: choice.value, from: "", to: ""})});
  const status = h("span.status", {role: "status"});

  function drawRuns() {
    const runs = [...state.runs.values()];
    fill(choice, runs.length ? runs.map((run) => h("option", {value: run.id}, `${run.id} (${run.state})`))
      : h("option", {value: ""}, "no runs yet"));
    choice.value = state.current?.id ?? "";
    choice.disabled = !runs.length;
  }

  function drawStatus() {
    const [word, meaning] = words[state.connection] ?? words.reconnecting;
    status.className = `status ${state.connection}`;
    status.title = meaning;
    fill(status, h("span.dot", {"aria-hidden": "true"}), h("span.word", {}, word));
  }

  on("runs", drawRuns);
  on("current", drawRuns);
  on("connection", drawStatus);
  drawRuns();
  drawStatus();
  return [
    h("a.brand", {href: "#/journey"}, h("img", {src: "/page/icon.svg", alt: "", width: "26", height: "26"}), "Seedling"),
    choice, status, h("span.grow"),
    h("button.quiet.projector", {onclick: toggleProjector, title: "Larger letters and lines (p)"}, "Projector"),
    h("button.quiet", {onclick: toggleTheme, title: "Light or dark (t)"}, "Theme"),
  ];
}
