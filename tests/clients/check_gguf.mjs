// GGUF files against the real llama.cpp (node-llama-cpp): whole distributions after every token, greedy continuations,
// embeddings and class scores, for every architecture and type.
//
// Run by hand, in a folder where `npm install --ignore-scripts --omit=optional node-llama-cpp@3.22.1
// @node-llama-cpp/linux-x64@3.22.1` was done:   CHECKPOINT_TOOL=.../checkpoint_tool node .../tests/clients/check_gguf.mjs
// A failed native assertion kills the process, so each file is tried in a child.
import {execFileSync, spawnSync} from "node:child_process";
import {createRequire} from "node:module";
import {mkdtempSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";

const TOOL = process.env.CHECKPOINT_TOOL;
const TEXT = "The quick brown fox";
const tool = (...a) => JSON.parse(execFileSync(TOOL, a.map(String), {encoding: "utf8", maxBuffer: 1 << 28}));
const softmax = (row) => {
  const largest = Math.max(...row), e = row.map((x) => Math.exp(x - largest)), sum = e.reduce((a, b) => a + b);
  return e.map((x) => x / sum);
};

// Largest difference of a probability: llama.cpp keeps keys and values in half precision and GELU in a table.
const TOLERANCE = {f32: 3e-3, f16: 1e-2, q8_0: 5e-2};
const CASES = [
  ["gpt2", "lm", []], ["gpt2", "lm", ["no_bias"]], ["gpt2", "lm", ["untied"]], ["gpt2", "lm", ["char"]], ["llama", "lm", []],
  ["llama", "lm", ["tied"]], ["llama", "lm", ["bias"]], ["llama", "lm", ["no_gain"]], ["llama", "lm", ["wide"]], ["qwen3", "lm", []],
  ["qwen3", "lm", ["wide"]], ["qwen3", "lm", ["tied", "no_gain"]], ["bert", "mlm", ["wordpiece"]], ["bert", "mlm", []],
  ["bert", "classifier", ["wordpiece"]],
];

async function child(file, folder, type, arch, head) {
  const {getLlama} = await import(pathToFileURL(createRequire(path.join(process.cwd(), "x.js")).resolve("node-llama-cpp")));
  const llama = await getLlama({gpu: false, build: "never", skipDownload: true, logLevel: "error"});
  const model = await llama.loadModel({modelPath: file});
  const ours = tool("encode", folder, TEXT).ids;
  const theirs = model.tokenize(TEXT, true);
  if (arch === "bert") {
    // The runtime adds [CLS] and [SEP] itself. Its one number or vector is held against ours.
    const ids = [2, ...ours, 3];
    const context = await model.createEmbeddingContext();
    const vector = [...(await context.getEmbeddingFor(TEXT)).vector];
    if (head === "classifier") {
      const logits = tool("logits", folder, JSON.stringify(ids)).logits;
      return {difference: Math.max(...logits.map((x, i) => Math.abs(x - vector[i]))), ids: true};
    }
    const hidden = tool("hidden", folder, JSON.stringify(ids)).hidden, C = vector.length;
    const mean = vector.map((_, c) => ids.reduce((sum, _, t) => sum + hidden[t * C + c], 0) / ids.length);
    const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    return {difference: 1 - dot(mean, vector) / Math.sqrt(dot(mean, mean) * dot(vector, vector)), ids: true};
  }
  const context = await model.createContext({contextSize: type === "long" ? 256 : 40});
  const sequence = context.getSequence();
  const results = await sequence.controlledEvaluate(ours.map((id) => [id, {generateNext: {probabilities: true}}]));
  const logits = tool("logits", folder, JSON.stringify(ours)).logits, V = logits.length / ours.length;
  let difference = 0, peak = 0;
  for (let t = 0; t < ours.length; ++t) {
    const p = softmax(logits.slice(t * V, (t + 1) * V));
    peak = Math.max(peak, ...p);
    for (let id = 0; id < V; ++id) difference = Math.max(difference, Math.abs(p[id] - (results[t].next.probabilities.get(id) ?? 0)));
  }
  return {difference, peak, ids: JSON.stringify(ours) === JSON.stringify([...theirs])};
}

if (process.argv[2] === "child") {
  const [file, folder, type, arch, head] = process.argv.slice(3);
  console.log("RESULT " + JSON.stringify(await child(file, folder, type, arch, head)));
  process.exit(0);
}

let failures = 0;
const scratch = mkdtempSync(path.join(tmpdir(), "gguf-"));
for (const [arch, head, options] of CASES)
  for (const type of ["f32", "f16", "q8_0"]) {
    const name = [arch, head, ...options].join("-"), folder = path.join(scratch, name), file = path.join(scratch, `${name}.${type}.gguf`);
    tool("make", arch, head, 7, folder, "32s", "loud", ...options);
    const {warnings} = tool("gguf", folder, file, type);
    const run = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "child", file, folder, type, arch, head], {encoding: "utf8"});
    const line = run.stdout.split("\n").find((l) => l.startsWith("RESULT "));
    const result = line ? JSON.parse(line.slice(7)) : null;
    const good = result && result.ids && result.difference < (head === "classifier" ? 5 : 1) * TOLERANCE[type];
    failures += !good;
    console.log(`${good ? "ok  " : "FAIL"} ${name} ${type} ${result ? `difference ${result.difference.toExponential(1)} ids ${result.ids} peak ${result.peak?.toFixed(2)}` : run.stderr.slice(-600)} ${warnings.join("; ")}`);
  }
console.log(failures ? `${failures} failed` : "all agree");
process.exit(failures ? 1 : 0);
