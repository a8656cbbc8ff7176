// A lesson's experiment: runs its steps on the program and judges its claims. No page here: the lessons view shows what it
// tells, and `make lessons` (lessons/run.mjs) runs the same code without one. The format is lessons/README.md's.

const patience = 300;  // milliseconds between two looks at a run that trains

/// Replaces $NAME by the id of the run that the step NAME has started, in every string of a value.
function filled(value, ids) {
  if (typeof value === "string")
    return value.replace(/\$([a-z][a-z0-9-]*)/g, (whole, name) => {
      if (!ids.has(name)) throw new Error(`${whole}: no step of that name has started a run`);
      return ids.get(name);
    });
  if (Array.isArray(value)) return value.map((one) => filled(one, ids));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, ids)]));
  return value;
}

/// Starts a run, or takes up one that was started before, and waits for its end; the reply of GET /api/runs/ID. One that
/// fails throws, unless it is meant to.
async function train(step, ids, server, tell, known) {
  const found = known && await server.get(`/api/runs/${known}`).catch(() => null);
  const cut = found?.state === "stopped" || (found?.state === "failed" && !step["may-fail"]);
  const before = cut ? null : found;
  const id = before ? known : (await server.post("/api/runs", filled(step.start, ids))).id;
  ids.set(step.name, id);
  tell(step, before ?? {id, state: "starting", step: 0, steps: step.start.steps ?? 0});  // from now on it can be taken up again
  for (;;) {
    const run = await server.get(`/api/runs/${id}`);
    tell(step, run);
    // A fine-tuning run that has finished is still scored; it is live until its report is there.
    if (["stopped", "finished", "failed"].includes(run.state) && !run.live) {
      if (run.state === "failed" && !step["may-fail"]) throw new Error(run.message || `the run ${id} failed`);
      return run;
    }
    await new Promise((done) => setTimeout(done, patience));
  }
}

/// Does the steps in their order. `server` is {get(path), post(path, body)}; `tell(step, run)` hears how a run gets on, and
/// tell(step) that another step has begun; `known` has the runs (name -> id) of an experiment that was broken off. Returns
/// {results: name -> what the server answered, ids: name -> run}.
export async function runExperiment(experiment, server, tell = () => {}, known = {}) {
  const results = {}, ids = new Map();
  for (const step of experiment.steps) {
    tell(step);
    if (step.start) results[step.name] = await train(step, ids, server, tell, known[step.name]);
    else if (step.ask) results[step.name] = await server.post(step.ask, filled(step.body, ids));
    else results[step.name] = await server.get(filled(step.get, ids));
  }
  return {results, ids};
}

/// What stands at "name/key/3/key" of the results.
function at(path, results) {
  let value = results;
  for (const part of path.split("/")) {
    value = Array.isArray(value) && part === "-1" ? value.at(-1) : value?.[part];
    if (value === undefined || value === null) throw new Error(`there is nothing at "${path}"`);
  }
  return value;
}

const words = (text) => String(text).toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];

/// Ways to make one value of one or more.
const functions = {
  share: ([a, b]) => a / b,
  minus: ([a, b]) => a - b,
  sum: (all) => all.reduce((sum, one) => sum + one, 0),
  product: (all) => all.reduce((product, one) => product * one, 1),
  least: (all) => Math.min(...all),
  most: (all) => Math.max(...all),
  length: ([one]) => one.length,                          // characters of a text, items of a list
  words: ([text]) => words(text).length,
  different: ([text]) => new Set(words(text)).size,       // different words
  count: ([text, part]) => text.split(part).length - 1,   // how often a part stands in a text
  gather: ([list, key]) => list.map((one) => one[key]),   // one field of every item
};

/// A number or boolean is itself; a string is a path; {"text": "x"} a text; {FUNCTION: [VALUE...]} what the function makes.
export function evaluate(value, results) {
  if (typeof value === "string") return at(value, results);
  if (typeof value !== "object") return value;
  const [name, given] = Object.entries(value)[0];
  if (name === "text") return given;
  if (!functions[name]) throw new Error(`"${name}" is none of ${Object.keys(functions).join(", ")}`);
  const parts = (Array.isArray(given) ? given : [given]).map((one) => evaluate(one, results));
  const flat = name === "least" || name === "most" || name === "sum" ? parts.flat() : parts;
  return functions[name](flat);
}

const relations = {
  above: (value, than) => value > than,
  below: (value, than) => value < than,
  equal: (value, than) => value === than,
  different: (value, than) => value !== than,
  contains: (value, than) => value.includes(than),
  lacks: (value, than) => !value.includes(than),
  between: (value, than) => value >= than[0] && value <= than[1],
};

/// Each claim with what was measured: {words, is, value, than, holds}, and {error} where nothing could be.
export function judge(experiment, results) {
  return experiment.claims.map((claim) => {
    try {
      const value = evaluate(claim.value, results);
      const than = Array.isArray(claim.than) ? claim.than.map((one) => evaluate(one, results)) : evaluate(claim.than, results);
      if (!relations[claim.is]) throw new Error(`"${claim.is}" is none of ${Object.keys(relations).join(", ")}`);
      const comparable = typeof value !== "number" || Number.isFinite(value);
      return {words: claim.words, is: claim.is, value, than, holds: comparable && relations[claim.is](value, than)};
    } catch (error) {
      return {words: claim.words, is: claim.is, holds: false, error: error.message};
    }
  });
}

/// A lesson's text names measured numbers as [1.92](#run "trained/latest/val_loss"); a claim's are "claims/1/value".
export const numberLink = /\[([^\]]+)\]\(#run "([^"]+)"\)/g;

/// What the learner's own run has for such a name.
export function measured(name, results, claims) {
  return at(name, {...results, claims: Object.fromEntries(claims.map((claim, i) => [i + 1, claim]))});
}
