// A run from the first click to its fork: started, watched, paused, stepped, changed, branched off, and read again.
import assert from "node:assert/strict";
import {after, before} from "node:test";
import {check, closeBrowser, closePage, goTo, openPage, plotOf, screenshot, suite, viewNames} from "./browser.mjs";
import {Program, until, wait} from "./program.mjs";

suite("steering", () => {
  const program = new Program();
  let page, run;

  before(async () => { await program.serve(); });
  after(async () => {
    await program.end();
    await closeBrowser();
  });

  const sentence = () => page.locator("#view-cockpit p[role=status]").textContent();
  const stepShown = async () => Number(/step ([\d\u2009]+) of/.exec(await sentence())?.[1].replaceAll("\u2009", "") ?? -1);
  const lineCount = () => program.lines(run, "metrics.jsonl").length;
  const events = () => program.lines(run, "events.jsonl");

  /// Waits until the run stands still: the page says so, and the file no longer grows.
  async function paused() {
    await until(async () => (await sentence()).includes("is paused"), "the cockpit says that the run is paused");
  }

  check("first use offers one button, and it starts a run", async () => {
    const defaults = await program.get("/api/defaults");
    assert.equal(defaults.start.command, "pretrain");
    page = await openPage(program.link);
    // The real default trains for three minutes: the test lets the same button start a tiny run.
    await page.route("**/api/defaults", (route) => route.fulfill({json: {...defaults, start: program.tiny()}}));
    await page.reload();
    const links = page.getByRole("navigation", {name: "Views"}).getByRole("link");
    assert.deepEqual((await links.evaluateAll((all) => all.map((one) => one.lastChild.textContent))), viewNames);
    await page.getByRole("button", {name: /start training/}).waitFor();
    await page.getByRole("button", {name: /start training/}).click();
    await page.getByRole("heading", {level: 1, name: "Cockpit"}).waitFor();
    run = await until(async () => (await program.get("/api/runs")).runs[0]?.id, "the run is listed");
  });

  check("the curve moves", async () => {
    const loss = `${run} loss`;
    await until(async () => (await plotOf(page, "loss")).curves[loss]?.count > 3, "points on the loss curve", 60000);
    const picture = () => page.evaluate(() => document.querySelector('[data-plot="loss"] canvas').toDataURL());
    const before = await picture(), first = await plotOf(page, "loss");
    await until(async () => (await plotOf(page, "loss")).curves[loss].last > first.curves[loss].last + 5, "the curve grows");
    assert.notEqual(await picture(), before);
    await until(async () => (await page.locator("p.empty:visible").count()) === 0, "every plot is drawn");  // the small ones: once a second
  });

  check("space pauses, a point takes one step, neither in a text field", async () => {
    await page.locator("h1").click();
    await page.keyboard.press("Space");
    await paused();
    const lines = lineCount(), step = await stepShown();
    await wait(700);
    assert.equal(lineCount(), lines, "the loss stands still");
    assert.equal(await stepShown(), step);
    await page.keyboard.press(".");
    await until(async () => await stepShown() === step + 1, "one step was taken");
    await wait(300);
    assert.equal(await stepShown(), step + 1, "and only one");
    await page.getByRole("textbox", {name: "Prompt of the samples"}).focus();
    await page.keyboard.type("a . b");
    await wait(500);
    assert.equal(await stepShown(), step + 1);
    assert.match(await sentence(), /is paused/);
    await page.getByRole("textbox", {name: "Prompt of the samples"}).fill("");
  });

  check("the learning rate is set, marked, and stands in events.jsonl", async () => {
    const input = page.getByRole("spinbutton", {name: "Learning rate"});
    await input.fill("0.0123");
    await input.press("Enter");
    await until(() => events().some((event) => event.command === "set"), "the act stands in events.jsonl");
    const act = events().find((event) => event.command === "set");
    assert.equal(act["learning-rate"] ?? act.arguments?.["learning-rate"], 0.0123);
    await until(async () => (await plotOf(page, "loss")).marks.some((mark) => mark.includes("0.0123")), "the plot has the mark");
    await page.getByRole("button", {name: "Resume"}).click();
    await until(async () => (await sentence()).includes("is training"), "it trains on");
    await page.getByRole("button", {name: "Pause"}).click();
    await paused();
  });

  check("what is out of range is refused in words", async () => {
    const input = page.getByRole("spinbutton", {name: "Dropout"});
    page.faults.length = 0;
    await input.fill("7");
    await input.press("Enter");
    await page.getByRole("alert").getByText(/dropout/).waitFor();
    await page.getByRole("button", {name: "Close this message"}).click();
    await until(() => page.faults.length, "the browser reports the refusal");
    assert.match(page.faults.pop(), /status of 400/);
    assert.deepEqual(page.faults, []);
  });

  check("a reload loses nothing", async () => {
    await page.getByLabel("Horizontal axis").selectOption("relative");
    await until(async () => (await plotOf(page, "loss")).marks.at(-1) === "pause", "the last pause is marked");
    const before = await plotOf(page, "loss"), marks = before.marks, step = await stepShown();
    await page.reload();
    await until(async () => (await plotOf(page, "loss")).curves[`${run} loss`]?.last === step, "the whole curve is back");
    const again = await plotOf(page, "loss");
    // The server may now answer in buckets of a few steps, named by their last one.
    const first = again.curves[`${run} loss`].first - before.curves[`${run} loss`].first;
    assert.ok(first >= 0 && first < 16, `the curve begins ${first} steps late`);
    assert.deepEqual(again.marks, marks);
    assert.equal(await page.getByLabel("Horizontal axis").inputValue(), "relative");
    await page.getByLabel("Horizontal axis").selectOption("step");
    await page.getByRole("button", {name: "One step"}).click();
    await until(async () => await stepShown() === step + 1, "the key to steer is still there");
  });

  check("another end, set while it trains, is the end that the page tells", async () => {
    await program.post(`/api/runs/${run}/commands`, {command: "set", steps: 199999});
    await until(async () => (await sentence()).replaceAll("\u2009", "").includes("of 199999"), "the sentence has the new end");
  });

  check("a fork is overlaid on its parent", async () => {
    await goTo(page, "Fork");
    const at = (await until(() => program.get(`/api/runs/${run}`), "the run")).step;
    await page.getByLabel("New value").fill("0.05");
    await page.getByRole("button", {name: "Fork", exact: true}).click();
    await until(() => page.url().includes("overlay="), "the address names the overlaid run");
    await program.post(`/api/runs/${run}/commands`, {command: "resume"});
    const child = /overlay=([^&]+)/.exec(page.url())[1];
    await until(async () => {
      const {curves} = await plotOf(page, "loss");
      return curves[`${child} loss`]?.last > at + 10 && curves[`${run} loss`]?.last > at + 10;
    }, "both curves grow beyond the fork", 60000);
    await screenshot(page, "fork-overlaid");
    await program.post(`/api/runs/${child}/commands`, {command: "stop"});
    await program.post(`/api/runs/${run}/commands`, {command: "stop"});
    await until(async () => (await program.get("/api/runs")).runs.every((one) => !["running", "paused"].includes(one.state)), "both have stopped");
  });

  check("a stopped run goes on, and a finished one trains on", async () => {
    await goTo(page, "Cockpit");
    await page.getByRole("button", {name: /Go on to step/}).click();
    await until(async () => (await sentence()).includes("is training"), "the stopped run trains again");
    assert.equal(await page.locator(".onward:visible").count(), 0, "there is nothing to go on with while it trains");
    const at = (await until(() => program.get(`/api/runs/${run}`), "the run")).step;
    await program.post(`/api/runs/${run}/commands`, {command: "set", steps: at + 40});
    await until(async () => (await sentence()).includes("has finished"), "it has finished");
    const end = await stepShown();
    await page.getByLabel("Minutes more").fill("-1");
    await page.getByRole("button", {name: "Train on"}).click();
    assert.equal(await stepShown(), end, "minutes that are none start nothing");
    await page.getByLabel("Minutes more").fill("0.03");
    await screenshot(page, "finished");
    await page.getByRole("button", {name: "Train on"}).click();
    await until(async () => await stepShown() > end && (await sentence()).includes("has finished"), "it has trained on");
  });

  check("samples are scrubbed", async () => {
    await goTo(page, "Sample timeline");
    const slider = page.getByRole("slider", {name: "Age of the sample"}), text = page.locator("p.sample.large");
    await until(async () => Number(await slider.getAttribute("max")) > 0, "there are samples");
    const last = await text.textContent();
    await slider.fill("0");
    assert.notEqual(await text.textContent(), last);
    assert.match(await page.locator("#view-sample-timeline p[role=status]").textContent(), /^step 0, sample 1 of/);
    await closePage(page);
  });
});
