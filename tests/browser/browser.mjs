// A page under watch: errors of the console, violations of the content policy, requests off the origin, and axe.
import assert from "node:assert/strict";
import fs from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";
import {describe, test} from "node:test";

const out = process.env.BROWSER_OUT;
const require = createRequire(path.join(out, "package.json"));
const {chromium} = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const viewNames = ["Journey", "Lessons", "Cockpit", "Sample timeline", "Next-token bars", "Attention", "Embedding map", "Health",
  "Step microscope", "Token bench", "Before and after", "Fork", "Sampling lab", "Budget", "Doctor", "Playground"];
export const slug = (name) => name.toLowerCase().replaceAll(" ", "-");

/// A file of tests, unless BROWSER_ONLY names another.
export function suite(name, body) {
  const only = process.env.BROWSER_ONLY;
  if (!only || only === name) describe(name, body);
}

export function check(name, body) {
  test(name, {timeout: 120000}, body);
}

let browser = null;

/// The one browser of all tests; closed by closeBrowser().
async function launch() {
  browser ??= await chromium.launch({executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]});
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
  browser = null;
}

/// Opens a page in a context of its own; page.faults collects what must not happen. `forgive` are words of console
/// messages that a test expects (the browser itself reports a refused or failed request there); `early` runs in the page
/// before anything else.
export async function openPage(link, {forgive = [], early = null, ...options} = {}) {
  const context = await (await launch()).newContext({viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(20000);
  page.faults = [];
  const origin = new URL(link).origin;
  const fault = (words) => { if (!forgive.some((one) => words.includes(one))) page.faults.push(words); };
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation",
    (event) => console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`)));
  page.on("console", (message) => { if (message.type() === "error") fault(`console: ${message.text()} (${message.location().url})`); });
  page.on("pageerror", (error) => fault(`page: ${error.stack}`));
  page.pending = new Set();
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => page.pending.delete(request));
  page.on("request", (request) => {
    if (!request.url().includes("/api/stream")) page.pending.add(request);
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && url.origin !== origin) fault(`off the origin: ${url}`);
  });
  if (process.env.SEEDLING_PAGE) {
    await page.route("**/page/**", (route) => route.fulfill({path: path.join(process.env.SEEDLING_PAGE, new URL(route.request().url()).pathname)}));
  }
  if (early) await page.addInitScript(early);
  await page.goto(link);
  return page;
}

export async function closePage(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

export async function goTo(page, name) {
  await page.getByRole("navigation", {name: "Views"}).getByRole("link", {name, exact: false}).click();
  await page.getByRole("heading", {level: 1, name, exact: true}).waitFor();
}

/// Violations that axe calls serious or critical, as lines of words.
export async function seriousViolations(page) {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => window.axe.run(document, {resultTypes: ["violations"]}));
  return violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

export async function screenshot(page, name) {
  const folder = path.join(out, "screenshots");
  fs.mkdirSync(folder, {recursive: true});
  // Plots out of sight are not painted; in a picture of the whole page none is.
  const paint = (how) => page.evaluate((how) => document.querySelectorAll(".plot").forEach((one) => { one.style.contentVisibility = how; }), how);
  await paint("visible");
  await page.screenshot({path: path.join(folder, `${name}.png`), fullPage: true});
  await paint("");
}

/// What Chart.js draws in a plot: its runs' newest step and count of points, and the marks.
export function plotOf(page, key) {
  return page.evaluate((key) => {
    const chart = window.Chart.getChart(document.querySelector(`[data-plot="${key}"] canvas`));
    const sets = chart?.data.datasets.filter((one) => !one.raw && one.name) ?? [];
    return {
      curves: Object.fromEntries(sets.map((one) => [one.name, {count: one.data.length, last: one.data.at(-1)?.step ?? -1, first: one.data[0]?.step ?? -1}])),
      marks: chart?.options.plugins.annotations.marks.map((mark) => mark.label) ?? [],
    };
  }, key);
}
