// The program as the tests use it: a folder of runs, the server, its API, and the files that runs leave.
import {spawn, spawnSync} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const seedling = path.resolve(process.env.SEEDLING ?? "build/seedling");

/// Sentences by simple rules: something a tiny model learns in seconds.
function smallText() {
  const nouns = ["cat", "dog", "bird", "fox"], verbs = ["saw", "met", "fed"], places = ["hill", "lake", "barn"];
  let seed = 1;
  const choose = (list) => list[(seed = (seed * 48271) % 2147483647) % list.length];
  return Array.from({length: 1500}, () => `the ${choose(nouns)} ${choose(verbs)} the ${choose(nouns)} by the ${choose(places)}.`).join("\n") + "\n";
}

export const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/// Asks until `ask` answers something true; throws with `words` after `milliseconds`.
export async function until(ask, words, milliseconds = 30000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${milliseconds / 1000} s in vain: ${words}`);
    await wait(60);
  }
}

export class Program {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "seedling-browser-"));
    this.runs = path.join(this.folder, "runs");
    this.data = path.join(this.folder, "text.txt");
    fs.mkdirSync(this.runs);
    fs.writeFileSync(this.data, smallText());
    this.environment = {...process.env, XDG_CACHE_HOME: path.join(this.folder, "cache")};
  }

  /// The body of POST /api/runs for a run that would go on for hours, of a model that is tiny.
  tiny(more = {}) {
    return {command: "pretrain", data: this.data, recipe: "classic", tokenizer: "char", preset: "nano", layers: 2, heads: 2, channels: 32,
      "context-length": 48, "batch-size": 4, steps: 200000, "eval-every": 40, "sample-every": 20, "checkpoint-every": 40, keep: 4, ...more};
  }

  words(name, more) {
    const {command, ...flags} = this.tiny(more);
    return [command, ...Object.entries(flags).flatMap(([key, value]) => [`--${key}`, String(value)]), "--threads", "1", "--out", path.join(this.runs, name)];
  }

  /// Trains in the foreground, by the command line.
  train(name, more) {
    const words = this.words(name, more);
    const done = spawnSync(seedling, words, {env: this.environment, cwd: this.folder, encoding: "utf8", timeout: 180000});
    if (done.status !== 0) throw new Error(`${words.join(" ")}: ${done.stderr}`);
  }

  /// Starts the server; the link with its token, once it listens.
  serve(port = 0, threads = 1) {
    return this.listen(["serve", "--runs", this.runs, "--port", String(port), "--threads", String(threads)]);
  }

  /// Trains with the dashboard beside it; the link, once it listens. The program ends with the run.
  trainServed(name, more, port = 0) {
    return this.listen([...this.words(name, more), "--serve", String(port)]);
  }

  /// Teaches a run of this folder which sentences are about feeding, with the dashboard beside it.
  tuneServed(name, from, more, port = 0) {
    const examples = fs.readFileSync(this.data, "utf8").trim().split("\n").slice(0, 400)
      .map((text) => ({text, label: text.includes(" fed ") ? "fed" : "not"}));
    const data = path.join(this.folder, "fed.jsonl");
    fs.writeFileSync(data, examples.map((one) => JSON.stringify(one) + "\n").join(""));
    const flags = {from: path.join(this.runs, from), task: "classification", data, test: data, "eval-every": 40, ...more};
    return this.listen(["finetune", ...Object.entries(flags).flatMap(([key, value]) => [`--${key}`, String(value)]), "--threads", "1",
      "--out", path.join(this.runs, name), "--serve", String(port)]);
  }

  async listen(words) {
    await this.kill();  // an earlier one, where a test has failed
    this.server = spawn(seedling, words, {env: this.environment, cwd: this.folder, stdio: ["ignore", "ignore", "pipe"]});
    let said = "";
    this.server.stderr.on("data", (data) => { said += data; });
    await until(() => /#token=[0-9a-f]{32}/.test(said) || this.server.exitCode !== null, "the server listens");
    const link = /http:\/\/\S+/.exec(said)?.[0];
    if (!link) throw new Error(`the server did not start: ${said}`);
    this.link = link;
    this.origin = new URL(link).origin;
    this.token = link.split("token=")[1];
    return link;
  }

  async kill() {
    if (!this.server || this.server.exitCode !== null || this.server.signalCode) return;
    const gone = new Promise((done) => this.server.once("exit", done));
    this.server.kill("SIGKILL");
    await gone;
  }

  async end() {
    await this.kill();
    fs.rmSync(this.folder, {recursive: true, force: true, maxRetries: 9});  // a browser may still be leaving
  }

  async get(route) { return (await fetch(this.origin + route)).json(); }

  async post(route, body) {
    const reply = await fetch(this.origin + route, {method: "POST", body: JSON.stringify(body),
      headers: {"Content-Type": "application/json", "X-Seedling-Token": this.token}});
    if (!reply.ok) throw new Error(`${route}: ${await reply.text()}`);
    return reply.json();
  }

  /// The last whole line of a run's metrics; undefined before the first.
  lastLine(run) {
    const place = path.join(this.runs, run, "metrics.jsonl");
    if (!fs.existsSync(place)) return undefined;
    const size = fs.statSync(place).size, bytes = Buffer.alloc(Math.min(size, 4096)), file = fs.openSync(place, "r");
    fs.readSync(file, bytes, 0, bytes.length, size - bytes.length);
    fs.closeSync(file);
    const line = bytes.toString().split("\n").at(-2);
    return line ? JSON.parse(line) : undefined;
  }

  /// The whole lines of one of a run's files.
  lines(run, file) {
    const place = path.join(this.runs, run, file);
    if (!fs.existsSync(place)) return [];
    return fs.readFileSync(place, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
  }
}
