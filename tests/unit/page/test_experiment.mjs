// The lessons' experiments without program and page: what is run in which order, and how claims are judged.
import assert from "node:assert/strict";
import {test} from "node:test";
import {evaluate, judge, measured, runExperiment} from "../../../web/page/js/experiment.js";

/// A server that remembers what it was asked; runs end at the second look.
function serverOf(states = {}) {
  const asked = [], looks = new Map();
  return {
    asked,
    post: async (path, body) => {
      asked.push([path, body]);
      return path === "/api/runs" ? {id: `${body.command}-${asked.length}`} : {choices: [{text: "a b a"}]};
    },
    get: async (path) => {
      const id = path.split("/")[3];
      looks.set(id, (looks.get(id) ?? 0) + 1);
      return {id, state: looks.get(id) > 1 ? states[id] ?? "finished" : "running", step: 5, steps: 5, message: "it diverged", latest: {val_loss: 2}};
    },
  };
}

const steps = [
  {name: "base", start: {command: "pretrain", steps: 5}},
  {name: "tuned", start: {command: "finetune", from: "$base", steps: 5}},
  {name: "text", ask: "/v1/completions", body: {model: "$tuned", list: ["$base/seed"]}},
];

test("steps run in turn, and later ones know the earlier runs", async () => {
  const server = serverOf(), told = [];
  const {results, ids} = await runExperiment({steps}, server, (step, run) => told.push([step.name, run?.state]));
  assert.deepEqual([...ids], [["base", "pretrain-1"], ["tuned", "finetune-2"]]);
  assert.equal(server.asked[1][1].from, "pretrain-1");
  assert.deepEqual(server.asked[2][1], {model: "finetune-2", list: ["pretrain-1/seed"]});
  assert.equal(results.base.state, "finished");
  assert.deepEqual(told.slice(0, 4), [["base", undefined], ["base", "starting"], ["base", "running"], ["base", "finished"]]);
});

test("a run that fails ends the experiment, unless it is meant to fail", async () => {
  await assert.rejects(runExperiment({steps}, serverOf({"pretrain-1": "failed"})), /it diverged/);
  const meant = [{...steps[0], "may-fail": true}];
  assert.equal((await runExperiment({steps: meant}, serverOf({"pretrain-1": "failed"}))).results.base.state, "failed");
});

test("a run is done when nobody works on it any more", async () => {
  let looks = 0;
  const server = {post: async () => ({id: "x"}), get: async () => ({id: "x", state: "finished", live: ++looks < 3, report: looks < 3 ? null : {scores: {}}})};
  const {results} = await runExperiment({steps: [steps[0]]}, server);
  assert.deepEqual(results.base.report, {scores: {}});
});

test("an experiment that was broken off takes up the runs that it had", async () => {
  const server = serverOf();
  const {ids} = await runExperiment({steps}, server, undefined, {base: "earlier-7"});
  assert.equal(ids.get("base"), "earlier-7");
  assert.deepEqual(server.asked.map(([path]) => path), ["/api/runs", "/v1/completions"]);
  assert.equal(server.asked[0][1].from, "earlier-7");
  const gone = {...serverOf(), get: async (path) => { if (path.endsWith("lost")) throw new Error("404"); return {id: "x", state: "finished"}; }};
  await runExperiment({steps: [steps[0]]}, gone, undefined, {base: "lost"});
  assert.equal(gone.asked.length, 1);
  const stopped = serverOf({"earlier-7": "stopped"});
  await stopped.get("/api/runs/earlier-7");
  const again = await runExperiment({steps: [steps[0]]}, stopped, undefined, {base: "earlier-7"});
  assert.equal(again.ids.get("base"), "pretrain-1", "a run that was stopped is begun again");
});

test("a run that no step has started is named", async () => {
  await assert.rejects(runExperiment({steps: [steps[1]]}, serverOf()), /\$base/);
});

const results = {a: {loss: 2, rows: [[1, 4], [2, 3]], list: [{x: 1}, {x: 5}]}, b: {text: "The cat saw the cat.", none: null}};

test("values are paths, numbers, texts and functions of them", () => {
  const value = (one) => evaluate(one, results);
  assert.equal(value("a/loss"), 2);
  assert.equal(value("a/rows/-1/1"), 3);
  assert.equal(value({share: ["a/loss", 4]}), 0.5);
  assert.equal(value({minus: [{sum: ["a/loss", 1]}, "a/rows/0/0"]}), 2);
  assert.equal(value({most: [{gather: ["a/list", {text: "x"}]}]}), 5);
  assert.equal(value({least: [{gather: ["a/list", {text: "x"}]}, 3]}), 1);
  assert.equal(value({product: [2, 3]}), 6);
  assert.equal(value({length: ["a/rows"]}), 2);
  assert.equal(value({words: ["b/text"]}), 5);
  assert.equal(value({different: ["b/text"]}), 3);
  assert.equal(value({count: ["b/text", {text: "cat"}]}), 2);
  assert.throws(() => value("a/gain"), /nothing at "a\/gain"/);
  assert.throws(() => value("b/none"), /nothing at/);
  assert.throws(() => value({guess: [1]}), /"guess" is none of/);
});

test("claims hold or do not, and what cannot be measured does not", () => {
  const holds = (is, value, than) => judge({claims: [{words: "", is, value, than}]}, results)[0].holds;
  assert.deepEqual([holds("above", 2, 1), holds("above", 1, 1), holds("below", 1, 2), holds("below", 2, 2)], [true, false, true, false]);
  assert.deepEqual([holds("equal", "a/loss", 2), holds("different", "a/loss", 2)], [true, false]);
  assert.deepEqual([holds("contains", "b/text", {text: "cat"}), holds("lacks", "b/text", {text: "cat"})], [true, false]);
  assert.deepEqual([holds("between", 2, [1, 2]), holds("between", 3, [1, 2])], [true, false]);
  assert.equal(holds("above", "a/gain", 0), false);
  assert.equal(holds("below", {share: [0, 0]}, 1), false);
  assert.equal(holds("near", 1, 1), false);
  assert.match(judge({claims: [{words: "", is: "above", value: "a/gain", than: 0}]}, results)[0].error, /nothing/);
});

test("numbers of the text are found among results and claims", () => {
  const claims = judge({claims: [{words: "", is: "above", value: {share: ["a/loss", 4]}, than: 0.1}]}, results);
  assert.equal(measured("claims/1/value", results, claims), 0.5);
  assert.equal(measured("a/loss", results, claims), 2);
});
