// Embedding map: tokens by the two directions in which their vectors differ most, with trails over the training.
import {h, fill, svg} from "../dom.js";
import {get, post} from "../api.js";
import {number, percent, tokenText} from "../format.js";
import {latest, bars} from "../parts.js";
import {on, state} from "../store.js";

/// At most `count` of a list, spread over it, the last among them.
function spread(list, count) {
  if (list.length <= count) return list;
  return Array.from({length: count}, (_, i) => list[Math.round((i + 1) * list.length / count) - 1]);
}

function show(body) {
  let reply = null, chosen = null;
  const map = h("div.panel.map"), side = h("div.panel"), sentence = h("p.muted", {role: "status"}), trouble = h("div");
  const trails = h("input", {type: "checkbox", onchange: () => load()});
  const find = h("input", {type: "search", "aria-label": "Find a token", placeholder: "find a word…", onchange: () => find.value && neighbours({text: find.value})});

  const load = latest(async (signal) => {
    const run = state.current;
    const {checkpoints} = await get(`/api/runs/${run.id}/checkpoints`, signal);
    if (!checkpoints.length && !run.live) return fill(map, h("p.empty", {}, "No weights are saved yet."));
    const steps = checkpoints.map((one) => `${run.id}/${one.name}`);
    const models = trails.checked ? [`${run.id}/seed`, ...spread(steps, 5)] : [run.live && run.state !== "finished" ? `${run.id}/live` : `${run.id}`];
    reply = await post("/api/inspect", {view: "embeddings", models: models.length ? models : [run.id], count: 260}, signal);
    draw();
  }, trouble);

  const neighbours = latest(async (signal, which) => {
    const answer = await post("/api/inspect", {view: "neighbours", model: state.current.id, top: 12, ...which}, signal);
    chosen = answer.of.id;
    fill(side, h("h2", {}, `Nearest to “${tokenText(answer.of.text)}”`), h("p.muted", {}, "by the angle between vectors (cosine)"),
      bars(answer.neighbours.map((one) => ({label: tokenText(one.text), value: Math.max(0, one.cosine), note: number(one.cosine)})), {most: 1}));
    if (reply) draw();
  }, side);

  function draw() {
    const last = reply.steps.length - 1;
    const all = reply.points.flatMap((point) => point.x.map((x, i) => [x, point.y[i]]));
    const [x0, x1] = [Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0]))];
    const [y0, y1] = [Math.min(...all.map((p) => p[1])), Math.max(...all.map((p) => p[1]))];
    const W = Math.max(300, map.clientWidth - 30), H = Math.round(Math.max(320, Math.min(0.62 * W, 700))), px = (x) => 30 + (W - 60) * (x - x0) / (x1 - x0 || 1), py = (y) => H - 24 - (H - 48) * (y - y0) / (y1 - y0 || 1);
    fill(sentence, `${reply.points.length} tokens; these two directions hold ${percent((reply.explained?.[0] ?? 0) + (reply.explained?.[1] ?? 0))} of all the difference. Weights of step ${reply.steps[last]}. Choose a token.`);
    const letters = Number(getComputedStyle(document.documentElement).getPropertyValue("--plot-font")) || 12;
    const taken = [];  // words that would stand on others are left as dots
    const dots = [], words = [];  // words are drawn over dots
    reply.points.forEach((point) => {
      const x = px(point.x[last]), y = py(point.y[last]), text = tokenText(point.text), wide = 0.35 * letters * text.length;
      const free = point.id === chosen || !taken.some(([a, b, w]) => Math.abs(a - x) < w + wide && Math.abs(b - y) < letters + 1);
      if (free) taken.push([x, y, wide]);
      const pick = () => neighbours({id: point.id});
      (free ? words : dots).push(svg("g", {class: `spot${free ? "" : " dot"}${point.id === chosen ? " chosen" : ""}`, onclick: pick, tabindex: free ? "0" : "-1", role: "button", "aria-label": `token ${text}`,
        onkeydown: (event) => { if (event.key === "Enter") pick(); }},
      svg("title", {}, text),
      point.x.length > 1 ? svg("polyline", {points: point.x.map((one, i) => `${px(one)},${py(point.y[i])}`).join(" "), class: "trail"}) : null,
      svg("circle", {cx: x, cy: y, r: free ? 2 : 2.5}), free ? svg("text", {x, y: y - 5, "text-anchor": "middle"}, text) : null));
    });
    fill(map, svg("svg", {viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: "group", "aria-label": "Map of the tokens"}, ...dots, ...words));
  }

  fill(side, h("p.muted", {}, "Choose a token to see its neighbours."));
  fill(body, h("div.panel.stack", {}, h("div.row", {}, h("label.row", {}, trails, "Trails from the seed to now"), find,
    h("button.small", {onclick: () => load()}, "Draw again")), sentence, trouble), h("div.split", {}, map, side));
  load();
  const ends = [on("resize", () => reply && draw()), on("current", load), on("checkpoint", (line) => line.run === state.current?.id && load())];
  return () => ends.forEach((end) => end());
}

export const embeddingMap = {
  name: "embedding-map", title: "Embedding map", mark: "✣",
  words: "Tokens that the model uses alike stand close together; trails show how they found each other.",
  sources: ["trainer/layers/embedding.cpp"],
  show,
};
