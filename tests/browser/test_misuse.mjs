// What a page is told that makes no sense, and a program that goes away in the middle of an answer: words where they belong.
import assert from "node:assert/strict";
import {after, before} from "node:test";
import {check, closeBrowser, closePage, goTo, openPage, plotOf, suite} from "./browser.mjs";
import {Program, until} from "./program.mjs";

suite("misuse", () => {
  const program = new Program();
  let page;

  before(async () => {
    program.train("slow", {steps: 2, layers: 8, heads: 8, channels: 512, "sample-every": 1000});  // there is time to interrupt it
    program.train("village", {steps: 60});
    await program.serve();
  });
  after(async () => {
    await program.end();
    await closeBrowser();
  });

  check("empty and impossible fields are answered in words", async () => {
    page = await openPage(program.link, {forgive: ["status of 400", "status of 413"]});
    await page.evaluate(() => { location.hash = "#/playground?run=village"; });
    const text = page.getByRole("textbox", {name: "Text", exact: true}), go = page.getByRole("button", {name: "Go"});
    await page.getByRole("button", {name: "Chat"}).click();
    await text.fill(" ");
    await go.click();
    await page.getByText("Type a text first.").waitFor();
    await text.fill("the cat ".repeat(10000));
    await go.click();
    await page.getByText("the body is larger than 64 KiB").waitFor();

    await goTo(page, "Token bench");
    await page.getByText(/tokens for/).waitFor();
    await page.getByRole("textbox", {name: "Your text"}).fill("");
    await page.getByText("No text, no tokens: type some.").waitFor();

    await goTo(page, "Next-token bars");
    await page.getByText(/Mean surprise/).waitFor();
    await page.getByRole("textbox", {name: "Your text"}).fill("");
    await page.getByText("Type a text: the model says what it expects.").waitFor();

    await goTo(page, "Attention");
    await page.getByText(/All heads are on/).waitFor();
    await page.getByRole("textbox", {name: "Your text"}).fill("a");
    await page.getByText("One token has nothing to look at but itself: type more.").waitFor();

    await goTo(page, "Step microscope");
    await page.getByText(/Mean .* lower\./).waitFor();
    await page.getByLabel("Learning rate").fill("");
    await page.getByRole("button", {name: "Take one step"}).click();
    await page.getByText("Type a learning rate above zero.").waitFor();
    await page.getByLabel("Learning rate").fill("-5");
    await page.getByRole("button", {name: "Take one step"}).click();
    await page.getByText("Type a learning rate above zero.").waitFor();

    await goTo(page, "Fork");
    await page.getByLabel("New value").fill("-1");
    await page.getByRole("button", {name: "Fork", exact: true}).click();
    await page.getByRole("alert").getByText(/takes numbers from 0/).waitFor();

    await goTo(page, "Before and after");
    await page.locator("#view-before-and-after .sample").first().waitFor();
    for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
    await page.getByRole("button", {name: "Compare"}).click();
    await page.getByText("Choose at least one model.").waitFor();
    await closePage(page);
  });

  check("an address that makes no sense shows the whole plot", async () => {
    for (const nonsense of ["from=zz&to=-1", "from=50&to=10", "x=yesterday", "smooth=much", "overlay=nobody,village", "run=nobody", "run=%E0%A4%A"]) {
      page = await openPage(`${program.origin}/#/cockpit?${nonsense.startsWith("run") ? "" : "run=village&"}${nonsense}`);
      await until(async () => (await plotOf(page, "loss")).curves["village loss"]?.last === 60, `the plot in spite of ${nonsense}`);
      assert.equal((await plotOf(page, "loss")).curves["village loss"].first, 1);
      await closePage(page);
    }
  });

  check("a program that dies while it writes is missed in words", async () => {
    page = await openPage(program.link, {forgive: ["ERR_"]});
    await page.evaluate(() => { location.hash = "#/playground?run=slow"; });
    await page.getByRole("textbox", {name: "Text", exact: true}).fill("the cat");
    await page.getByRole("slider", {name: "Tokens"}).fill("400");
    await page.getByRole("slider", {name: "Temperature"}).fill("0");  // by chance it would end the text at any token
    await page.getByRole("button", {name: "Go"}).click();
    await page.locator("#view-playground .said").first().waitFor();
    await program.kill();
    await page.getByText("The answer broke off: the program is gone.").waitFor();
    await page.getByRole("button", {name: "Go"}).click();
    await page.getByText("The server does not answer.").waitFor();
    await closePage(page);
  });
});
