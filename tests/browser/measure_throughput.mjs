// What an open page costs the training: one run as `make pretrain` starts it and a browser that shows it. The browser is
// started plainly, as a person would; nothing drives it, for a driver hears of every event and takes its time, too. Its
// processes are stopped and let go on in turn, a few seconds each, so that a drift of the machine meets both alike: pairs of
// windows, each with the tokens a second of its steps (evaluations and checkpoints do not count) and the CPU time taken.
// Linux; by hand, on an undisturbed machine:
//   SEEDLING=build/seedling CHROMIUM=/usr/bin/chromium node tests/browser/measure_throughput.mjs
//   PAIRS 16, SECONDS 3 a window, SETTLE 25: seconds the page has been open before the first, THREADS 2, SIZE 1280,900,
//   MINUTES 3, FLAGS: more flags of pretrain
//   WATCH cockpit (or another view), or a page without Seedling to compare with: text-1, text-4: one number that
//   changes that many times a second
import {spawn} from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import {Program, until, wait} from "./program.mjs";

const {PAIRS = 16, SECONDS = 3, SETTLE = 25, THREADS = 2, MINUTES = 3, WATCH = "cockpit", SIZE = "1280,900", FLAGS = "", CHROMIUM = "/usr/bin/chromium"} = process.env;
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
const read = (file) => { try { return fs.readFileSync(file, "utf8"); } catch { return ""; } };
const list = (folder) => { try { return fs.readdirSync(folder); } catch { return []; } };

/// A process and all that descend from it.
function family(root) {
  const children = new Map();
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = /\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1];
    if (parent) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const all = [String(root)];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all;
}

/// CPU milliseconds so far of the browser's processes by kind, and of the program's threads that are not the trainer's.
function used(browser, program) {
  const table = {};
  const add = (name, pid, wanted) => {
    for (const task of list(`/proc/${pid}/task`)) {
      if (!wanted(read(`/proc/${pid}/task/${task}/comm`).trim())) continue;
      table[name] = (table[name] ?? 0) + Number(read(`/proc/${pid}/task/${task}/schedstat`).split(" ")[0]) / 1e6;
    }
  };
  for (const pid of browser ? family(browser) : []) {
    const [, kind = "browser"] = /--type=([\w-]+)/.exec(read(`/proc/${pid}/cmdline`)) ?? [];
    add(kind, pid, () => true);
  }
  add("server", program, (name) => name.startsWith("web-"));
  return table;
}

function address(link) {
  const [, times] = /^text-(\d+)$/.exec(WATCH) ?? [];
  const script = times ? `<script>let n = 0; setInterval(() => { p.firstChild.data = String(++n); }, ${1000 / times})</script>` : "";
  if (times) return `data:text/html,<p id=p>0</p>${encodeURIComponent(script)}`;
  return WATCH === "cockpit" ? link : `${new URL(link).origin}/#/${WATCH}`;
}

const program = new Program();
const out = path.join(program.folder, "run");
let browser = null;
/// To the browser and all its processes.
const signal = (name) => {
  for (const pid of family(browser.pid)) {
    try { process.kill(Number(pid), name); } catch { /* it has just ended */ }
  }
};

try {
  await program.listen(["pretrain", "--data", "storyworld", "--minutes", MINUTES, "--threads", String(THREADS), "--out", out, "--serve", "0",
    ...FLAGS.split(" ").filter(Boolean)]);
  fs.symlinkSync(out, path.join(program.runs, "run"));
  browser = spawn(CHROMIUM, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", `--user-data-dir=${program.folder}/browser`, `--window-size=${SIZE}`, address(program.link)], {stdio: "ignore"});
  await until(() => program.lastLine("run")?.step > 20, "the run is under way", 120000);
  await wait(1000 * SETTLE);
  console.log(`processes: program ${program.server.pid}, browser ${browser.pid}`);
  const window = async () => {
    const before = program.lastLine("run").step, cpu = used(browser.pid, program.server.pid), begin = performance.now();
    await wait(1000 * SECONDS);
    const spent = used(browser.pid, program.server.pid), took = (performance.now() - begin) / 1000;
    const lines = program.lines("run", "metrics.jsonl").filter((line) => line.step > before);
    const seconds = lines.reduce((sum, line) => sum + 1 / line.tokens_per_second, 0) / lines.length;
    return {speed: 1 / seconds, steps: lines.length / SECONDS,
      cpu: Object.fromEntries(Object.entries(spent).map(([name, value]) => [name, (value - (cpu[name] ?? 0)) / took]))};
  };
  const alone = async () => {
    signal("SIGSTOP");
    try { return await window(); } finally { signal("SIGCONT"); }
  };
  const watched = async () => {
    await wait(800);  // it catches up
    return window();
  };
  const shares = [], costs = [];
  for (let i = 0; i < PAIRS; ++i) {
    let without, seen;
    if (i % 2) [seen, without] = [await watched(), await alone()];
    else [without, seen] = [await alone(), await watched()];
    shares.push(seen.speed / without.speed);
    costs.push(seen.cpu);
    const cpu = Object.entries(seen.cpu).filter(([, value]) => value >= 0.5).map(([name, value]) => `${name} ${value.toFixed(1)}`).join(", ");
    console.log(`pair ${i + 1}: ${Math.round(without.speed)} tokens/s without (${without.steps.toFixed(1)} steps/s), ${Math.round(seen.speed)} with ${WATCH}: ${(100 * seen.speed / without.speed).toFixed(1)} %; CPU ms a second: ${cpu}`);
  }
  const total = costs.map((cost) => Object.values(cost).reduce((a, b) => a + b, 0));
  console.log(`training on ${THREADS} thread(s) beside ${WATCH}: ${(100 * median(shares)).toFixed(1)} % of without (median of ${PAIRS} pairs); browser and server took ${median(total).toFixed(0)} ms of CPU a second`);
} finally {
  if (browser) signal("SIGKILL");
  await program.end();
}
