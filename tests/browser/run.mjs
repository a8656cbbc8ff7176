// Drives the real program's page in a real browser: node tests/browser/run.mjs (ctest runs it as `browser`).
// Needs Node 20, npm and Chromium; what is missing is said, and the exit status is then 77 (skipped).
//   SEEDLING       the program                        CHROMIUM       the browser (default: Debian's)
//   BROWSER_OUT    where packages and screenshots go  SEEDLING_PAGE  serve the page's files from this folder (web)
//   BROWSER_ONLY   only this file of tests (steering, views, recovery, lessons, misuse, figures)
//   BROWSER_SLACK  how much slower than promised the figures may be (test_figures.mjs)
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import {fileURLToPath} from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.env.BROWSER_OUT ?? "build/browser");

function skip(reason) {
  const count = fs.readdirSync(here).filter((name) => name.startsWith("test_"))
    .reduce((sum, name) => sum + (fs.readFileSync(path.join(here, name), "utf8").match(/^ *check\(/gm)?.length ?? 0), 0);
  console.log(`browser: ${count} tests skipped: ${reason}`);
  process.exit(77);
}

const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find((one) => one && fs.existsSync(one));
if (!chromium) skip("there is no Chromium (apt install chromium, or name one in CHROMIUM)");

/// Installs the pinned packages once; a changed lock file installs again.
function install() {
  fs.mkdirSync(out, {recursive: true});
  const lock = fs.readFileSync(path.join(here, "package-lock.json"), "utf8");
  const stamp = path.join(out, "installed-lock.json");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === lock) return;
  for (const name of ["package.json", "package-lock.json"]) fs.copyFileSync(path.join(here, name), path.join(out, name));
  try {
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {cwd: out, stdio: "pipe", timeout: 120000});
  } catch (error) {
    skip(`npm could not install playwright-core and axe-core: ${String(error.stderr ?? error.message).trim().split("\n").at(-1)}`);
  }
  fs.writeFileSync(stamp, lock);
}

install();
Object.assign(process.env, {CHROMIUM: chromium, BROWSER_OUT: out});
await import("./test_steering.mjs");
await import("./test_views.mjs");
await import("./test_recovery.mjs");
await import("./test_lessons.mjs");
await import("./test_misuse.mjs");
await import("./test_figures.mjs");
