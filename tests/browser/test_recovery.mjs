// The server dies and comes back with another key: the page goes on reading, says what it needs to steer, and can steer
// again from the new link. And without any run, every view says what to do.
import assert from "node:assert/strict";
import {after} from "node:test";
import {check, closeBrowser, closePage, goTo, openPage, plotOf, screenshot, seriousViolations, slug, suite, viewNames} from "./browser.mjs";
import {Program, until} from "./program.mjs";

suite("recovery", () => {
  const program = new Program();
  let page;

  after(async () => {
    await program.end();
    await closeBrowser();
  });

  check("without runs every view says what to do", async () => {
    await program.serve();
    page = await openPage(program.link);
    for (const name of viewNames) {
      await goTo(page, name);
      if (name === "Token bench") await page.getByText(/tokens for/).waitFor();
      else if (name === "Doctor") await page.getByText("There is no run to examine yet.").waitFor();
      else await page.getByRole("button", {name: /start training/}).waitFor();
      assert.deepEqual(await seriousViolations(page), [], name);
      await screenshot(page, `first-use-${slug(name)}`);
    }
    await closePage(page);
  });

  check("a page outlives its server", async () => {
    const {id} = await program.post("/api/runs", program.tiny());
    // While nobody listens, the browser itself reports the failed requests; afterwards, the one refused act.
    page = await openPage(program.link, {forgive: ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONTENT_LENGTH_MISMATCH", "ERR_SOCKET", "ERR_FAILED", "status of 403"]});
    await page.getByRole("heading", {level: 1, name: "Cockpit"}).waitFor();  // the opening view while a run is live
    await until(async () => (await plotOf(page, "loss")).curves[`${id} loss`]?.last >= 45, "a checkpoint's worth of steps", 60000);
    await program.kill();
    const status = page.locator("#top .status");
    await until(async () => (await status.textContent()).includes("reconnecting"), "the page says that it waits");

    await program.serve(new URL(program.origin).port);
    await until(async () => (await status.textContent()).includes("connected"), "the page is back");
    await program.post("/api/runs", {command: "pretrain", resume: id});
    const before = (await plotOf(page, "loss")).curves[`${id} loss`].last;
    await until(async () => /is training/.test(await page.locator("#view-cockpit p[role=status]").textContent()), "the resumed run is shown", 60000);
    await until(async () => (await plotOf(page, "loss")).curves[`${id} loss`].last > before, "the page goes on reading", 60000);

    await page.getByRole("button", {name: "Pause"}).click();
    await page.getByRole("alert").getByText(/open the link/i).waitFor();
    await page.goto(program.link);
    await page.reload();
    await page.getByRole("button", {name: "Pause"}).click();
    await until(async () => /is paused/.test(await page.locator("#view-cockpit p[role=status]").textContent()), "the new link steers");
    await closePage(page);
  });
});
