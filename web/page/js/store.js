// The page's state: one table, read by views, changed only through the functions here; the part a reader would want
// to share is also the address (#/view?run=…&smooth=…).
import {Stream, get, getShared, post} from "./api.js";

/// What the address holds, and its default.
const defaults = {run: "", overlay: "", smooth: "0.6", x: "step", logx: "", logy: "", from: "", to: "", lesson: "", notes: ""};

export const state = {
  view: "",
  settings: {...defaults},
  runs: new Map(),        // id -> RUN of the contract
  current: null,          // the run that views show
  connection: "reconnecting",
  defaults: null,         // /api/defaults
  loaded: false,          // the first list of runs has come
};

const listeners = new Map();  // kind -> Set of functions

/// Calls `listener` on each change of a kind: "runs", "metrics", "sample", "checkpoint", "intervention", "state", "gap",
/// "connection", "settings", "theme", "resize", "view" (it ends), and "beat" (below). Returns the function that ends it.
export function on(kind, listener) {
  if (!listeners.has(kind)) listeners.set(kind, new Set());
  listeners.get(kind).add(listener);
  return () => listeners.get(kind).delete(listener);
}

export function emit(kind, detail) {
  for (const listener of [...(listeners.get(kind) ?? [])]) listener(detail);
}

// All that follows new metrics is drawn in one frame, at a "beat": a browser's frame costs milliseconds however little
// changes in it. Listeners get true at about one beat a second, when what need not be so quick is drawn, too.
const calm = 900, short = 100;  // milliseconds
let waiting = false, owed = false, last = -short, lastCalm = -calm;

function beat() {
  last = performance.now();
  owed = last - lastCalm < calm;
  if (!owed) lastCalm = last;
  emit("beat", !owed);
}

/// Draws once all that has come in the same piece is taken in (a piece holds many steps, and perhaps several runs); what
/// comes quickly after it is drawn as the next frame begins.
export function askBeat() {
  if (waiting) return;
  waiting = true;
  const later = performance.now() - last >= short ? setTimeout : requestAnimationFrame;
  later(() => {
    waiting = false;
    beat();
  });
}

/// The address of a view with the present settings, changed by `changes`.
export function address(view, changes = {}) {
  const settings = {...state.settings, ...changes};
  const query = Object.entries(settings).filter(([key, value]) => value !== (defaults[key] ?? ""))
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
  return `#/${view}${query ? "?" + query : ""}`;
}

/// Changes settings and the address with them.
export function set(changes) {
  Object.assign(state.settings, changes);
  history.replaceState(null, "", address(state.view));
  if ("run" in changes) chooseRun();
  emit("settings", changes);
}

/// What makes no sense in an address (somebody has typed it) counts as not given.
function sensible(settings) {
  const number = (value, low, high) => value !== "" && Number(value) >= low && Number(value) <= high;
  const fits = {x: ["step", "relative", "wall"].includes(settings.x), smooth: number(settings.smooth, 0, 0.999),
    from: number(settings.from, 0, 1e15), to: number(settings.to, 0, 1e15)};
  for (const [key, good] of Object.entries(fits)) if (!good) settings[key] = defaults[key];
  if (settings.from !== "" && settings.to !== "" && Number(settings.from) >= Number(settings.to)) settings.from = settings.to = "";
  return settings;
}

/// Reads the address into the state; returns the view's name ("" where none is given).
export function readAddress() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  state.settings = sensible({...defaults, ...Object.fromEntries(new URLSearchParams(query))});
  state.view = path;
  chooseRun();
  return path;
}

/// The run of the address; else one that trains, the one on show before others; else the one on show; else the newest.
function chooseRun() {
  const runs = [...state.runs.values()], trains = (run) => run?.live && isActive(run);
  const before = state.current?.id, shown = state.runs.get(before);
  state.current = state.runs.get(state.settings.run) ?? [shown, ...runs].find(trains) ?? shown ?? runs.find((run) => run.live) ?? runs[0] ?? null;
  if (state.current?.id === before) return;
  emit("current", state.current);
  loadLatest(state.current);
}

/// RUN holds the last line of metrics; evaluations are rarer: their newest values are asked for once.
async function loadLatest(run) {
  if (!run) return;
  const {latest} = await getShared(`/api/runs/${run.id}`).catch(() => ({}));
  const known = state.runs.get(run.id);
  if (!known || !latest) return;
  known.metrics = {...latest, ...known.metrics};
  emit("metrics", {run: run.id, points: []});
  askBeat();
}

export function isActive(run) {
  return ["starting", "running", "paused"].includes(run?.state);
}

/// The runs drawn over the current one.
export function overlays() {
  return state.settings.overlay.split(",").filter((id) => state.runs.has(id) && id !== state.current?.id);
}

/// A run as the server tells it; what an earlier line of metrics held besides is kept.
function merged(run) {
  const known = state.runs.get(run.id);
  return known ? Object.assign(known, run, {message: run.message, metrics: {...known.metrics, ...run.metrics}}) : run;
}

function takeRuns(runs) {
  state.runs = new Map(runs.map((run) => [run.id, merged(run)]));
  state.loaded = true;
  chooseRun();
  loadLatest(state.current);
  emit("runs");
}

function updateRun(run) {
  state.runs.set(run.id, merged(run));
  chooseRun();
}

function receive(name, data) {
  if (name === "reset") {
    takeRuns(data.runs);
    emit("reset");
    return;
  }
  if (name === "state") {
    updateRun(data);
    emit("runs");
  } else if (name === "metrics") {
    const run = state.runs.get(data.run);
    const last = data.points.at(-1);
    if (run && last) {
      run.metrics = {...run.metrics, ...last};
      run.step = last.step;
    }
  } else if (name === "intervention" && data.arguments?.steps && !data.refused) {
    const run = state.runs.get(data.run);
    if (run) run.steps = data.arguments.steps;  // the clock, or a hand, has set another end
  }
  emit(name, data);
  if (name === "metrics" || name === "state" || (name === "ping" && owed)) askBeat();
}

/// Opens the stream and keeps the list of runs. Resolves with its first word, the runs: what is fetched from then on has
/// no gap before what the stream brings. A page in the background has no stream yet, and asks.
export async function start() {
  const first = new Promise((done) => { const end = on("runs", () => { end(); done(); }); });
  const stream = new Stream(receive, (status) => {
    if (status === state.connection) return;
    state.connection = status;
    emit("connection", status);
    if (status === "live" && state.defaults) loadDefaults();  // perhaps another program than before
  });
  stream.open();
  if (!state.defaults) loadDefaults();
  const patience = document.hidden ? 0 : 1500;
  await Promise.race([first, new Promise((done) => setTimeout(done, patience))]);
  if (!state.loaded) await loadRuns().catch(() => {});
}

export async function loadRuns() {
  takeRuns((await get("/api/runs")).runs);
}

async function loadDefaults() {
  state.defaults = await get("/api/defaults").catch(() => state.defaults);
  emit("defaults");
}

/// Sends a command to a run; the reply's {id, command, step}.
export function command(run, name, body = {}) {
  return post(`/api/runs/${run.id}/commands`, {command: name, ...body});
}
