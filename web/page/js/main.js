// Where the page begins: the frame around the views, the way between them, keys, theme, and the words of the connection.
import {watchAbsence} from "./absence.js";
import {h, fill, isTyping, throttled} from "./dom.js";
import {address, command, emit, isActive, on, readAddress, set, start, state} from "./store.js";
import {explain, say} from "./notices.js";
import {topBar} from "./top.js";
import {emptyState} from "./views/empty.js";
import {views} from "./views/index.js";

let shown = null;  // {view, empty, end}

function navigation() {
  fill(document.getElementById("views"), views.map((view) =>
    h("a", {href: address(view.name), "aria-current": view.name === shown?.view.name ? "page" : null, title: view.words},
      h("span", {class: "mark", "aria-hidden": "true"}, view.mark), view.title)));
}

/// Shows the view of the address; with none given: the Cockpit once a run is live, else the Journey.
function show() {
  const wanted = readAddress();
  const live = shown?.view.name === "cockpit" || [...state.runs.values()].some((run) => run.live && isActive(run));
  const fallback = live ? "cockpit" : "journey";
  const view = views.find((one) => one.name === wanted) ?? views.find((one) => one.name === fallback);
  const empty = !state.current && !view.alone;
  if (shown?.view === view && shown.empty === empty) {
    navigation();
    emit("settings", state.settings);  // another address of the same view
    return;
  }
  shown?.end?.();
  emit("view");
  state.view = view.name;
  document.title = `${view.title} – Seedling`;
  const body = h("div.view", {id: `view-${view.name}`});
  fill(document.getElementById("main"),
    h("div.head", {}, h("h1", {}, view.title),
      h("p.words", {}, view.words, " ", view.sources.map((path) =>
        h("a.source", {href: `/source/${path}`, target: "_blank", rel: "noopener"}, path.split("/").at(-1))))),
    body);
  shown = {view, empty, end: null};
  window.scrollTo(0, 0);
  if (empty) fill(body, state.loaded ? emptyState() : h("p.empty", {}, "The program does not answer yet; the page keeps trying."));
  else shown.end = view.show(body);
  navigation();
  document.querySelector("#views [aria-current]").scrollIntoView({block: "nearest", inline: "center"});
}

document.addEventListener("keydown", (event) => {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const run = state.current;
  const pressedOnControl = event.target instanceof HTMLElement && event.target.closest("button, a, summary, [role=slider]");
  if (event.key === " " && !pressedOnControl && run?.live && isActive(run)) {
    event.preventDefault();
    command(run, run.state === "paused" ? "resume" : "pause").catch(explain);
  } else if (event.key === "." && run?.live && isActive(run)) {
    event.preventDefault();
    command(run, "step").catch(explain);
  } else if (event.key === "?") {
    say("Space pauses and resumes, . takes one step, t changes the theme, p is for the projector.");
  } else if (event.key === "t") {
    toggleTheme();
  } else if (event.key === "p") {
    toggleProjector();
  }
});

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function toggleTheme() {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("seedling-theme", next);
  announceTheme();
}

export function toggleProjector() {
  const next = document.documentElement.dataset.projector === "on" ? "off" : "on";
  document.documentElement.dataset.projector = next;
  localStorage.setItem("seedling-projector", next);
  announceTheme();
}

function announceTheme() {
  emit("theme");
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announceTheme);
window.addEventListener("hashchange", show);
window.addEventListener("resize", throttled(() => emit("resize"), 300));
on("settings", navigation);
on("defaults", () => { if (shown?.empty) { shown = null; show(); } });

watchAbsence(document.getElementById("absence"));
fill(document.getElementById("top"), topBar({toggleTheme, toggleProjector}));
await start();
show();
on("runs", () => { if (shown.empty || location.hash.length < 3) show(); });
window.seedling = {state, set};  // for the curious, in the browser's console
