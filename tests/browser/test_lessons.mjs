// A lesson as a learner does it: predict, run, read what came out; and what is left when the page is loaded anew.
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, before} from "node:test";
import {check, closeBrowser, closePage, goTo, openPage, screenshot, seriousViolations, suite} from "./browser.mjs";
import {Program, until} from "./program.mjs";

suite("lessons", () => {
  const program = new Program();
  let page;

  before(async () => {
    await program.serve(0, 2);
    page = await openPage(program.link);
  });
  after(async () => {
    await program.end();
    await closeBrowser();
  });

  const sections = () => page.locator("section[data-section]:visible").evaluateAll((all) => all.map((one) => one.dataset.section));

  check("the list has all lessons, and the first one opens", async () => {
    await goTo(page, "Lessons");
    const links = page.locator(".lessons a");
    const folders = fs.readdirSync("lessons").filter((name) => /^\d\d-/.test(name));
    await until(async () => await links.count() === folders.length, "every lesson");
    assert.deepEqual(await seriousViolations(page), []);
    await screenshot(page, "lessons");
    for (let i = 0; i < folders.length; ++i) {
      await page.locator(".lessons a").nth(i).click();
      await until(async () => (await sections()).join() === "Questions,Predict,Run", "what comes before the run");
      assert.deepEqual(await seriousViolations(page), []);
      await page.getByRole("link", {name: "For the teacher"}).click();
      await page.getByRole("heading", {name: "Timing"}).waitFor();
      assert.deepEqual(await seriousViolations(page), []);
      await page.getByRole("link", {name: "All lessons"}).click();
    }
  });

  check("nothing runs before a prediction, and the explanation comes after the run", async () => {
    await page.locator(".lessons a").nth(1).click();
    const run = page.getByRole("button", {name: "Run the experiment"});
    assert.ok(await run.isDisabled());
    await page.locator("section[data-section=Predict] summary").first().click();
    await until(() => run.isEnabled(), "the choice opens the way");
    await run.click();
    await until(async () => (await program.get("/api/runs")).runs.length > 0, "a run has begun");
    await page.reload();  // in the middle: it is taken up again
    await until(async () => await page.locator(".claims tbody tr").count() > 0, "the claims are judged", 110000);
    assert.equal(await page.locator(".claims .bad").count(), 0);
    assert.equal((await sections()).length, 7);
    assert.ok(await page.locator(".own-number.own").count() > 0, "the text has the learner's numbers");
    assert.deepEqual(await seriousViolations(page), []);
    await screenshot(page, "lesson-done");
  });

  check("what was measured is still there the next time", async () => {
    const runs = (await program.get("/api/runs")).runs.length;
    await page.reload();
    await until(async () => await page.locator(".claims tbody tr").count() > 0, "the claims are shown");
    assert.equal((await program.get("/api/runs")).runs.length, runs, "nothing has been trained again");
    await page.getByRole("link", {name: "All lessons"}).click();
    await page.locator(".lessons a").getByText("✓ done", {exact: true}).waitFor();
    await closePage(page);
  });
});
