// Every view on finished runs: no error, no serious violation of accessibility, no overflow; and what one does in them.
import assert from "node:assert/strict";
import {after, before} from "node:test";
import {check, closeBrowser, closePage, goTo, openPage, screenshot, seriousViolations, slug, suite, viewNames} from "./browser.mjs";
import {Program, until} from "./program.mjs";

suite("views", () => {
  const program = new Program();
  let page;

  before(async () => {
    program.train("village", {steps: 160});
    program.train("blanks", {steps: 80, objective: "masked", arch: "bert", preset: "bert-tiny", layers: 2, heads: 2, channels: 32, tokenizer: "wordpiece", "vocab-size": 120});
    await program.serve();
    page = await openPage(`${program.link}`);
    await page.evaluate(() => { location.hash = "#/journey?run=village"; });
  });
  after(async () => {
    await program.end();
    await closeBrowser();
  });

  /// Waits until a view has what it shows: nothing is asked for any more, and no plot is empty.
  async function settled(place) {
    let quiet = 0;
    await until(async () => (quiet = place.pending.size || await place.locator("main button.primary:disabled").count() ? 0 : quiet + 1) > 2, "the view has its content");
    await until(async () => await place.locator("figure .empty:visible").count() === 0, "no plot is empty", 3000);
  }

  check("the policy of the page is as strict as it was written", async () => {
    const policy = (await fetch(program.origin)).headers.get("content-security-policy");
    assert.equal(policy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  });

  check("all modules are asked for at once", async () => {
    const [loaded, named] = await page.evaluate(() => [
      performance.getEntriesByType("resource").map((one) => new URL(one.name).pathname).filter((path) => path.startsWith("/page/js/")),
      [...document.querySelectorAll("link[rel=modulepreload]")].map((link) => link.getAttribute("href"))]);
    assert.deepEqual([...new Set(loaded)].sort(), [...named, "/page/js/early.js", "/page/js/main.js"].sort(), "index.html names what main.js imports");
  });

  check("a head that is switched off breaks something", async () => {
    await goTo(page, "Attention");
    await page.getByRole("button", {name: "Head 1 on"}).click();
    const verdict = page.locator("#view-attention p[role=status]");
    await until(async () => /1 head off: the loss on this text went from [\d.]+ to [\d.]+ nats/.test(await verdict.textContent()), "the loss without the head");
    const [, whole, without] = /from ([\d.]+) to ([\d.]+)/.exec(await verdict.textContent());
    assert.notEqual(whole, without);
  });

  check("one step under the microscope lowers the loss", async () => {
    await goTo(page, "Step microscope");
    await settled(page);
    await page.getByRole("button", {name: "Take one step"}).click();
    await page.getByText(/% lower\./).waitFor();
  });

  check("before and after answer, and show what moved", async () => {
    await goTo(page, "Before and after");
    await page.getByRole("button", {name: "Compare"}).click();
    await page.getByText("What moved").waitFor();
    await until(async () => await page.locator("#view-before-and-after .bars li").count() > 5, "the weights that moved");
  });

  check("a tokenizer is trained on the reader's text", async () => {
    await goTo(page, "Token bench");
    await page.getByLabel("Tokenizer").selectOption("bpe");
    await page.getByText("What it learnt, in order").waitFor();
  });

  check("the playground streams a text and a chat", async () => {
    await goTo(page, "Playground");
    await page.getByRole("textbox", {name: "Text"}).fill("the cat");
    await page.getByRole("slider", {name: "Tokens"}).fill("40");
    await page.getByRole("button", {name: "Go"}).click();
    await until(async () => await page.locator(".said").count() > 10, "tokens arrive");
    await page.getByRole("button", {name: "Chat"}).click();
    await page.getByRole("textbox", {name: "Text"}).fill("the dog saw");
    await page.getByRole("button", {name: "Go"}).click();
    await page.locator(".turn.assistant .said").first().waitFor();
  });

  check("masks are filled", async () => {
    await page.getByLabel("Run", {exact: true}).selectOption("blanks");
    await page.getByRole("textbox", {name: "Text"}).fill("the cat saw the [MASK] by the hill.");
    await page.getByRole("button", {name: "Go"}).click();
    await page.getByRole("heading", {name: "Mask 1"}).waitFor();
    await until(async () => await page.locator("#view-playground .bars li").count() >= 5, "guesses with probabilities");
    await page.getByLabel("Run", {exact: true}).selectOption("village");
    await closePage(page);
  });

  check("the theme redraws the canvases", async () => {
    page = await openPage(program.link);
    await page.evaluate(() => { location.hash = "#/cockpit?run=village"; });
    await settled(page);
    const picture = () => page.evaluate(() => document.querySelector('[data-plot="loss"] canvas').toDataURL());
    const before = await picture();
    await page.getByRole("button", {name: "Theme"}).click();
    await until(async () => await picture() !== before, "the plot is drawn in the other colours");
    await closePage(page);
  });

  const sizes = [["1280", {viewport: {width: 1280, height: 900}}], ["390", {viewport: {width: 390, height: 844}, hasTouch: true}], ["1920", {viewport: {width: 1920, height: 1080}}]];

  for (const colorScheme of ["light", "dark"]) {
    for (const [size, options] of sizes) {
  check(`each is whole and accessible, ${colorScheme}, ${size} wide`, async () => {
    page = await openPage(program.link, {...options, colorScheme});
    const wrong = [];
    for (const name of viewNames) {
      await page.evaluate((view) => { location.hash = `#/${view}?run=village`; }, slug(name));
      await page.getByRole("heading", {level: 1, name, exact: true}).waitFor();
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) wrong.push(`${name}: ${wide} pixels too wide`);
      // Contrast differs by theme, layout by size: each pair is looked at once.
      if (size !== "1920") wrong.push(...(await seriousViolations(page)).map((words) => `${name}: ${words}`));
      await screenshot(page, `${slug(name)}-${size}-${colorScheme}`);
    }
    assert.deepEqual(wrong, []);
    await closePage(page);
  });
    }
  }

  check("on a projector letters are larger and nothing overflows", async () => {
    page = await openPage(program.link, {viewport: {width: 1920, height: 1080}});
    await page.getByRole("button", {name: "Projector"}).click();
    for (const name of ["Cockpit", "Attention", "Budget"]) {
      await page.evaluate((view) => { location.hash = `#/${view}?run=village`; }, slug(name));
      await page.getByRole("heading", {level: 1, name, exact: true}).waitFor();
      await settled(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).fontSize), "20px");
      await screenshot(page, `${slug(name)}-projector`);
    }
    await closePage(page);
  });
});
