// What the page promises in numbers: from a line of metrics to the screen, and a run of a million points. The limits are
// those of an undisturbed machine times BROWSER_SLACK (3 unless it is set: tests share their machine; 1 measures).
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {after} from "node:test";
import {check, closeBrowser, closePage, openPage, suite} from "./browser.mjs";
import {Program, until, wait} from "./program.mjs";

const slack = Number(process.env.BROWSER_SLACK ?? 3);
const rounded = (value) => Math.round(value * 10) / 10;

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/// Notes when each line of a growing file was there: step -> milliseconds of the clock.
function watchLines(file) {
  const times = new Map();
  let place = fs.statSync(file).size, rest = "";
  const read = () => {
    const size = fs.statSync(file).size;
    if (size <= place) return;
    const now = Date.now(), bytes = Buffer.alloc(size - place), handle = fs.openSync(file, "r");
    fs.readSync(handle, bytes, 0, bytes.length, place);
    fs.closeSync(handle);
    place = size;
    const lines = (rest + bytes.toString()).split("\n");
    rest = lines.pop();
    for (const line of lines) times.set(JSON.parse(line).step, now);
  };
  const watcher = fs.watch(file, read);
  return {times, close: () => watcher.close()};
}

/// In the page: notes when the cockpit's sentence and the loss plot first showed a step, at the frame that shows it.
function probe(run) {
  window.shown = {sentence: [], plot: []};
  const note = (list, step) => requestAnimationFrame(() => list.push([step, Date.now()]));
  const sentence = document.querySelector("#view-cockpit p[role=status]");
  new MutationObserver(() => {
    const step = /step ([\d\u2009]+) of/.exec(sentence.textContent)?.[1];
    if (step) note(window.shown.sentence, Number(step.replaceAll("\u2009", "")));
  }).observe(sentence, {childList: true, subtree: true, characterData: true});
  // Whatever is drawn on the canvas, the whole plot or the new end of its curve, is stroked.
  const context = document.querySelector('[data-plot="loss"] canvas').getContext("2d"), {stroke} = context;
  let last = 0;
  context.stroke = (...path) => {
    stroke.apply(context, path);
    const step = window.Chart.getChart(context.canvas).data.datasets.find((one) => one.name === `${run} loss`)?.data.at(-1)?.step ?? 0;
    if (step > last) note(window.shown.plot, last = step);
  };
}

/// Milliseconds from each step's line to the first time that it, or a later one, was shown.
function delays(times, shown) {
  const result = [];
  for (const [step, written] of times) {
    const seen = shown.find(([last, at]) => last >= step && at >= written - 1);
    if (seen) result.push(seen[1] - written);
  }
  return result;
}

/// Megabytes that the page's process has for itself (Linux; elsewhere undefined): the largest of the renderers.
async function privateMemory(page) {
  if (process.platform !== "linux") return undefined;
  const session = await page.context().browser().newBrowserCDPSession();
  const {processInfo} = await session.send("SystemInfo.getProcessInfo");
  const private_ = (pid) => [...fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^Private_\w+: +(\d+) kB/gm)]
    .reduce((sum, [, kilobytes]) => sum + kilobytes / 1024, 0);
  return Math.max(...processInfo.filter((one) => one.type === "renderer").map((one) => private_(one.id)));
}

suite("figures", () => {
  const program = new Program();
  after(async () => {
    await program.end();
    await closeBrowser();
  });

  check("a line of metrics is on the screen at once", async () => {
    await program.serve();
    const {id} = await program.post("/api/runs", program.tiny({layers: 4, heads: 4, channels: 128, "context-length": 64, "batch-size": 16,
      "eval-every": 1000, "sample-every": 1000, "checkpoint-every": 1000, threads: 1}));
    const page = await openPage(program.link);
    await until(async () => Number((await program.get(`/api/runs/${id}`)).step) > 10, "the run is under way", 60000);
    await page.waitForFunction(() => window.Chart?.getChart(document.querySelector('[data-plot="loss"] canvas'))?.data.datasets.length);
    await page.evaluate(probe, id);
    const watched = watchLines(path.join(program.runs, id, "metrics.jsonl"));
    await wait(8000);
    watched.close();
    await wait(1000);
    const shown = await page.evaluate(() => window.shown);
    for (const [what, list] of Object.entries(shown)) {
      const times = delays(watched.times, list), median = quantile(times, 0.5), late = quantile(times, 0.95);
      console.log(`metric to screen, ${what}: median ${median} ms, p95 ${late} ms over ${times.length} steps`);
      assert.ok(times.length > 20 && times.length >= 0.9 * watched.times.size, `${times.length} of ${watched.times.size} steps were shown`);
      assert.ok(median <= 150 * slack && late <= 300 * slack, `${what}: median ${median} ms, p95 ${late} ms`);
    }
    await program.post(`/api/runs/${id}/commands`, {command: "stop"});
    await closePage(page);
    await program.kill();
  });

  check("a million points are drawn, zoomed, and light", async () => {
    const folder = path.join(program.runs, "long");
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "run.json"), JSON.stringify({command: "pretrain", plan: {steps: 1000000}, state: "finished"}));
    const file = fs.openSync(path.join(folder, "metrics.jsonl"), "w");
    for (let begin = 1; begin <= 1000000; begin += 10000) {
      fs.writeSync(file, Array.from({length: 10000}, (_, i) => {
        const step = begin + i, loss = step === 765432 ? 99.5 : 3 + (step * 2654435761 % 1000) / 1000;
        return `{"step":${step},"tokens":${step * 768},"seconds":${(step / 100).toFixed(2)},"loss":${loss},"learning_rate":0.001,"grad_norm":0.5123,"tokens_per_second":76800.5,"mfu":0.4}\n`;
      }).join(""));
    }
    fs.closeSync(file);
    await program.serve();
    const page = await openPage(`${program.origin}/#/cockpit?run=long`, {early: () => {
      const timer = setInterval(() => {
        const canvas = document.querySelector('[data-plot="loss"] canvas'), chart = canvas && window.Chart?.getChart(canvas);
        if (!chart?.data.datasets.some((one) => one.data.length > 100)) return;
        clearInterval(timer);
        requestAnimationFrame(() => setTimeout(() => { window.firstPaint = performance.now(); }));  // once the frame is made
      }, 5);
    }});
    await page.waitForFunction(() => window.firstPaint);
    const first = await page.evaluate(() => window.firstPaint);
    await page.locator('[data-plot="loss"] canvas').focus();
    const zooms = [];
    for (let i = 0; i < 12; ++i) {
      zooms.push(await page.evaluate(() => new Promise((done) => {
        const canvas = document.querySelector('[data-plot="loss"] canvas'), chart = window.Chart.getChart(canvas);
        const begin = performance.now(), before = chart.options.scales.x.min;
        // Zoomed is not the old points in another frame: the finer ones of the new range must be there.
        const fine = () => chart.data.datasets.find((one) => one.name === "long loss").data[0].step >= chart.options.scales.x.min;
        const look = () => chart.options.scales.x.min !== before && fine() ? done(performance.now() - begin) : requestAnimationFrame(look);
        canvas.dispatchEvent(new KeyboardEvent("keydown", {key: "+", bubbles: true, cancelable: true}));
        requestAnimationFrame(look);
      })));
      await wait(400);
    }
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.collectGarbage");
    await session.send("Performance.enable");
    const {metrics} = await session.send("Performance.getMetrics");
    const heap = metrics.find((one) => one.name === "JSHeapUsedSize").value / 1e6;
    const zoom = quantile(zooms, 0.5), own = await privateMemory(page);
    console.log(`a million points: first paint ${Math.round(first)} ms, zoom ${rounded(zoom)} ms (median of ${zooms.length}), script memory ${rounded(heap)} MB, the page's process ${rounded(own ?? NaN)} MB of its own`);
    assert.ok(first <= 1000 * slack, `first paint after ${first} ms`);
    assert.ok(zoom <= 100 * slack, `zoom in ${zoom} ms`);
    assert.ok(heap <= 150 && !(own > 150), `${heap} MB of scripts, ${own} MB of the process`);
    await closePage(page);
  });
});
