// The server dies and comes back with another key: the page goes on reading, says what it needs to steer, and can steer
// again from the new link. And without any run, every view says what to do.
import assert from "node:assert/strict";
import {after} from "node:test";
import {check, closeBrowser, closePage, goTo, openPage, plotOf, screenshot, seriousViolations, slug, suite, viewNames} from "./browser.mjs";
import {Program, until} from "./program.mjs";

// What the browser itself reports while nobody listens.
const silence = ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONTENT_LENGTH_MISMATCH", "ERR_SOCKET", "ERR_FAILED"];

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
      else if (name === "Lessons") await page.getByRole("link", {name: /Why train/}).waitFor();
      else if (name === "Doctor") await page.getByText("There is no run to examine yet.").waitFor();
      else await page.getByRole("button", {name: /start training/}).waitFor();
      assert.deepEqual(await seriousViolations(page), [], name);
      await screenshot(page, `first-use-${slug(name)}`);
    }
    await closePage(page);
  });

  check("a page outlives its server", async () => {
    const {id} = await program.post("/api/runs", program.tiny());
    page = await openPage(program.link, {forgive: [...silence, "status of 403"]});  // the one act that is refused
    await page.getByRole("heading", {level: 1, name: "Cockpit"}).waitFor();  // the opening view while a run is live
    await until(async () => (await plotOf(page, "loss")).curves[`${id} loss`]?.last >= 45, "a checkpoint's worth of steps", 60000);
    await program.kill();
    const status = page.locator("#top .status");
    await until(async () => (await status.textContent()).includes("reconnecting"), "the page says that it waits");
    await page.locator("#absence").getByText("The program does not answer.").waitFor();

    await program.serve(new URL(program.origin).port);
    await until(async () => (await status.textContent()).includes("connected"), "the page is back");
    assert.ok(await page.locator("#absence").isHidden());
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
    await program.kill();
  });

  check("the program ends with its run: the page says so, and goes on with the next one", async () => {
    const sentence = page => page.locator("#view-cockpit p[role=status]").textContent();
    page = await openPage(await program.trainServed("first", {steps: 600}), {forgive: silence});
    await page.getByRole("heading", {level: 1, name: "Cockpit"}).waitFor();
    const absence = page.locator("#absence");
    await absence.getByText("first is done, and the program has ended with it.").waitFor({timeout: 60000});
    assert.match(await absence.textContent(), /make dashboard.*make finetune/);
    assert.match(await sentence(page), /first has finished: step 600 of 600/);
    assert.equal(program.server.exitCode, 0);
    assert.equal((await plotOf(page, "loss")).curves["first loss"].last, 600, "the last words have reached the page");
    await screenshot(page, "program-ended");

    await program.trainServed("second", {steps: 3000}, new URL(program.origin).port);
    await until(async () => /second is training/.test(await sentence(page)), "the page shows the next run", 60000);
    assert.ok(await absence.isHidden());
    await until(async () => (await plotOf(page, "loss")).curves["second loss"]?.last > 20, "and its curve");
    await closePage(page);
  });

  check("one page follows a model from pre-training through fine-tuning to what that changed", async () => {
    const sentence = page => page.locator("#view-cockpit p[role=status]").textContent();
    page = await openPage(await program.trainServed("seedling", {steps: 500}), {forgive: [...silence, "status of 403"]});
    const port = new URL(program.origin).port, absence = page.locator("#absence");
    await until(async () => /seedling is training/.test(await sentence(page)), "it grows", 60000);
    await absence.getByText("seedling is done, and the program has ended with it.").waitFor({timeout: 60000});

    await program.tuneServed("shaped", "seedling", {steps: 400}, port);
    await until(async () => /shaped is training/.test(await sentence(page)), "the page shows how it is shaped", 60000);
    assert.ok(await absence.isHidden());
    await until(async () => (await plotOf(page, "loss")).curves["shaped loss"]?.last > 20, "and its curve");
    await absence.getByText("shaped is done, and the program has ended with it.").waitFor({timeout: 60000});
    assert.match(await sentence(page), /shaped has finished: step 400 of 400/);
    assert.equal(program.server.exitCode, 0);

    await program.serve(port);  // as the page has said: make dashboard
    await until(async () => (await page.locator("#top .status").textContent()).includes("connected"), "the page is back");
    await goTo(page, "Before and after");
    await page.getByText("seedling (the base)").waitFor();
    await page.getByRole("button", {name: "Compare"}).click();
    await page.getByText(/open the link/i).waitFor();  // another program, another key
    await page.goto(program.link);
    await page.reload();
    await page.evaluate(() => { location.hash = "#/before-and-after?run=shaped"; });
    await until(async () => await page.locator("#view-before-and-after .sample").count() >= 3, "the seed, the base and the tuned model answer");
    await until(async () => await page.locator("#view-before-and-after .bars li").count() > 5, "the weights that moved");
    await page.getByText("What was forgotten").waitFor();
    await goTo(page, "Playground");
    await page.getByRole("textbox", {name: "Text", exact: true}).fill("the cat fed the dog.");
    await page.getByRole("button", {name: "Go"}).click();
    await until(async () => await page.locator("#view-playground .bars li").count() === 2, "the probabilities of both labels");
    await closePage(page);
    await program.kill();
  });

  check("a run that failed says why, also after a restart", async () => {
    await program.kill();
    await program.serve();
    const {id} = await program.post("/api/runs", program.tiny({"learning-rate": 1e20, "grad-clip": 0}));
    page = await openPage(program.link, {forgive: silence});
    await page.evaluate((id) => { location.hash = `#/cockpit?run=${id}`; }, id);
    const words = page.locator("#view-cockpit p.bad");
    await words.getByText(/diverged/).waitFor({timeout: 60000});
    const before = await words.textContent();
    await program.kill();
    await program.serve(new URL(program.origin).port);
    await page.reload();
    await words.getByText(/diverged/).waitFor();
    assert.equal(await words.textContent(), before);
    await goTo(page, "Doctor");
    await page.getByText("The run failed").waitFor();
    await closePage(page);
  });
});
