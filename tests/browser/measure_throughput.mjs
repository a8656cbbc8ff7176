// What an open page costs the training: one run, its page open and closed in turn, tokens a second of each window. Run by
// hand on an undisturbed machine, after run.mjs has installed the packages:
//   SEEDLING=build/seedling BROWSER_OUT=build/test/browser CHROMIUM=/usr/bin/chromium node tests/browser/measure_throughput.mjs
import {closeBrowser, openPage} from "./browser.mjs";
import {Program, until, wait} from "./program.mjs";

const pairs = Number(process.env.PAIRS ?? 8), seconds = Number(process.env.SECONDS ?? 8);
const shape = JSON.parse(process.env.SHAPE ?? '{"layers": 4, "heads": 4, "channels": 128, "context-length": 64, "batch-size": 12}');
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const program = new Program();
try {
  await program.serve(0, Number(process.env.THREADS ?? 2));
  const {id} = await program.post("/api/runs", program.tiny({...shape, "eval-every": 100000, "sample-every": 100000, "checkpoint-every": 100000}));
  const now = () => program.lastLine(id);
  await until(() => now()?.step > 50, "the run is under way", 120000);
  const window = async () => {
    const before = now();
    await wait(1000 * seconds);
    const after = now();
    return (after.tokens - before.tokens) / (after.seconds - before.seconds);
  };
  const shares = [];
  for (let i = 0; i < pairs; ++i) {
    const alone = await window();
    const page = await openPage(program.link);
    await page.locator('[data-plot="loss"] canvas').waitFor();
    await wait(1500);
    const watched = await window();
    await page.context().close();
    await wait(500);
    shares.push(watched / alone);
    console.log(`pair ${i + 1}: ${Math.round(alone)} tokens/s alone, ${Math.round(watched)} with the page, ${(100 * watched / alone).toFixed(1)} %`);
  }
  console.log(`training with the page open: ${(100 * median(shares)).toFixed(1)} % of without (median of ${pairs} pairs)`);
} finally {
  await program.end();
  await closeBrowser();
}
