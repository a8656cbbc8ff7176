// One lesson: its text, and in the section "Run" the experiment, with what it is doing, its curves and its claims. What the
// learner has chosen and measured is kept by the browser, so that a reload loses nothing.
import {get, post} from "../api.js";
import {h, fill} from "../dom.js";
import {judge, measured, runExperiment} from "../experiment.js";
import {number, whole} from "../format.js";
import {lessonText, showNumbers} from "../lesson-text.js";
import {explain} from "../notices.js";
import {Plot} from "../plot.js";
import {address, emit, on, set, state} from "../store.js";
import {plotSettings} from "./plot-settings.js";

const after = ["What happened", "Check yourself", "Exercise", "Go further"];  // shown once the experiment has run

const key = (name) => `seedling-lesson-${name}`;

export function progressOf(name) {
  try {
    return JSON.parse(localStorage.getItem(key(name))) ?? {};
  } catch {
    return {};
  }
}

function remember(name, changes) {
  localStorage.setItem(key(name), JSON.stringify({...progressOf(name), ...changes}));
}

/// Experiments that run go on while other views are looked at: name -> {status: step -> words, error}.
const running = new Map();

async function perform(name, experiment, names, known = {}) {
  const about = {status: new Map(), runs: {...known}};
  running.set(name, about);
  remember(name, {unfinished: true, claims: undefined, runs: known});
  const tell = (step, run) => {
    about.status.set(step.name, run ? `step ${whole(run.step)} of ${whole(run.steps)}` : "…");
    if (run && about.runs[step.name] !== run.id) {
      about.runs[step.name] = run.id;
      remember(name, {runs: about.runs});
    }
    for (const one of experiment.steps) {  // those before it are done
      if (one === step) break;
      about.status.set(one.name, "done");
    }
    emit("lesson", name);
  };
  try {
    const {results} = await runExperiment(experiment, {get, post}, tell, known);
    const claims = judge(experiment, results);
    remember(name, {claims, numbers: valuesOf(names, results, claims)});
    about.status.clear();  // all are done
    remember(name, {unfinished: false});
  } catch (error) {
    about.error = error.message;
    // Where nobody answers, or this page is left in the midst of a question, the next page takes it up again.
    if (error.status !== 0) remember(name, {unfinished: false});
  }
  about.done = true;
  emit("lesson", name);
}

/// The numbers that the lesson's text names, as far as they could be measured.
function valuesOf(names, results, claims) {
  const numbers = {};
  for (const name of names) {
    try {
      numbers[name] = measured(name, results, claims);
    } catch {
      // the typical one stays
    }
  }
  return numbers;
}

const shown = (value) => typeof value === "number" ? number(value) : typeof value === "string" ? `“${value.trim().slice(0, 90)}”`
  : Array.isArray(value) ? value.map(shown).join(" and ") : String(value);

const relation = {above: "above", below: "below", equal: "the same as", different: "other than", contains: "contains", lacks: "lacks", between: "between"};

function claimTable(claims) {
  return h("div.scroll.tall", {tabindex: "0", role: "region", "aria-label": "The claims and what was measured"}, h("table.claims", {},
    h("thead", {}, h("tr", {}, h("th", {}, "Claim"), h("th", {}, "Measured by you"), h("th", {}, ""))),
    h("tbody", {}, claims.map((claim) => h("tr", {},
      h("td", {}, claim.words),
      h("td", {}, claim.error ?? `${shown(claim.value)} ${relation[claim.is]} ${shown(claim.than)}`),
      h("td", {class: claim.holds ? "good" : "bad"}, claim.holds ? "✓ holds" : "✗ does not hold"))))));
}

/// The experiment's panel. `names` are the numbers that the text wants, `chosen()` tells whether the learner has committed to
/// an answer.
function experimentPanel(name, experiment, names, chosen, onDone) {
  const button = h("button.primary", {onclick: begin}), hint = h("p.muted"), steps = h("ol.experiment"), trouble = h("div", {role: "status"});
  const curves = h("div.stack"), claims = h("div", {"aria-live": "polite"});
  let plot = null;

  function begin() {
    claims.replaceChildren();
    perform(name, experiment, names);
  }

  function drawCurves(runs) {
    const known = runs.filter((id) => state.runs.has(id));
    if (!known.length) return;
    const [first, ...others] = known;
    if (state.settings.run !== first || state.settings.overlay !== others.join(",")) set({run: first, overlay: others.join(",")});
    if (plot) return;
    plot = new Plot({key: "loss", with: ["val_loss"], title: "Loss", words: "of this experiment's runs; lower is better"});
    fill(curves, plotSettings(), plot.element);
  }

  function draw() {
    const about = running.get(name), past = progressOf(name), busy = about && !about.done;
    const able = state.defaults?.can_start !== false, ready = able && (chosen() || past.claims) && !busy;
    button.disabled = !ready;
    fill(button, busy ? "The experiment is running…" : past.claims ? "Run it again" : "Run the experiment");
    fill(hint, busy ? "Look into the Cockpit meanwhile, if you like: the experiment goes on." : !able ? state.defaults?.why_not ?? ""
      : ready ? `It takes about ${experiment.minutes <= 1 ? "a minute" : `${experiment.minutes} minutes`} on two cores.` : "First choose an answer under “Predict”.");
    fill(steps, experiment.steps.filter((step) => step.words).map((step) => {
      const words = about?.status.get(step.name) ?? (past.claims ? "done" : "");
      return h("li", {class: words === "done" ? "done" : words ? "now" : null}, step.words, words ? h("span.muted", {}, ` ${words === "done" ? "✓" : words}`) : null);
    }));
    fill(trouble, about?.error ? h("p.bad", {}, about.error) : null);
    drawCurves(Object.values(about?.runs ?? past.runs ?? {}));
    if (!busy && past.claims && !about?.error) {
      if (!claims.hasChildNodes()) fill(claims, claimTable(past.claims));
      onDone();
    }
  }

  const element = h("div.panel.stack", {}, h("div.row", {}, button, hint), steps, trouble, curves, claims);
  const ends = [on("lesson", (of) => of === name && draw()), on("defaults", draw), on("runs", draw)];
  const {unfinished, runs} = progressOf(name);
  if (unfinished && !running.has(name)) perform(name, experiment, names, runs);  // the page was loaded anew in the middle of it
  draw();
  return {element, draw, end: () => { ends.forEach((end) => end()); plot?.destroy(); }};
}

/// Fills `body` with the lesson; returns what ends it.
export function showLesson(body, name) {
  let panel = null, ended = false;
  const heading = h("h2.title"), notes = h("a", {href: address("lessons", {notes: "1"})}, "For the teacher");
  const back = h("a", {href: address("lessons", {lesson: "", notes: ""})}, "All lessons");
  const article = h("article.lesson", {}, h("p.row", {}, back, notes), heading, h("p.empty", {}, "The lesson is being opened."));
  fill(body, article);

  async function open() {
    const [{lessons}, parts, experiment] = await Promise.all([get("/api/lessons"), lessonText(name, "lesson.md"), get(`/lessons/${name}/experiment.json`)]);
    if (ended) return;
    fill(heading, lessons.find((one) => one.name === name)?.title ?? name);
    const sections = new Map(parts.filter((one) => one.dataset.section).map((one) => [one.dataset.section, one]));
    const choices = [...sections.get("Predict").querySelectorAll("details")];
    const drawChoice = () => choices.forEach((choice, i) => choice.classList.toggle("chosen", i === progressOf(name).choice));
    choices.forEach((choice, i) => choice.addEventListener("toggle", () => {
      if (!choice.open || progressOf(name).choice !== undefined) return;  // the first one is the prediction
      remember(name, {choice: i});
      drawChoice();
      panel.draw();
    }));
    drawChoice();
    const rest = after.map((title) => sections.get(title)).filter(Boolean);
    const skip = h("button.skip-on", {onclick: () => reveal()}, "Read on without running it");
    const reveal = () => {
      rest.forEach((section) => { section.hidden = false; });
      skip.hidden = true;
      showNumbers(article, progressOf(name).numbers ?? {});
    };
    rest.forEach((section) => { section.hidden = true; });
    const names = rest.flatMap((section) => [...section.querySelectorAll(".own-number")].map((place) => place.dataset.number));
    panel = experimentPanel(name, experiment, names, () => progressOf(name).choice !== undefined, reveal);
    sections.get("Run").append(panel.element, skip);
    fill(article, h("p.row", {}, back, notes), heading, parts);
    if (progressOf(name).claims) reveal();
  }

  open().catch((error) => { if (!ended) fill(article, h("p.row", {}, back), h("p.bad", {role: "status"}, error.message)); explain(error); });
  return () => {
    ended = true;
    panel?.end();
  };
}

/// The teacher's page of a lesson.
export function showNotes(body, name) {
  const heading = h("h2.title");
  const article = h("article.lesson", {}, h("p.row", {}, h("a", {href: address("lessons", {notes: ""})}, "The lesson"), h("a", {href: address("lessons", {lesson: "", notes: ""})}, "All lessons")), heading);
  fill(body, article);
  Promise.all([get("/api/lessons"), lessonText(name, "teacher.md")]).then(([{lessons}, parts]) => {
    fill(heading, `For the teacher: ${lessons.find((one) => one.name === name)?.title ?? name}`);
    article.append(...parts);
  }).catch((error) => article.append(h("p.bad", {role: "status"}, error.message)));
  return () => {};
}
