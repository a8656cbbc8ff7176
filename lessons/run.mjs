// Runs the lessons' experiments without a page and checks every claim: node lessons/run.mjs [NUMBER...]
//   SEEDLING   the program (default build/seedling)       --dry   only checks that files and flags are right, trains nothing
// Needs Node 18 or later and nothing else. The last line is "N lessons passed, N failed"; the exit status is 1 where one has failed.
import {spawn} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {judge, measured, numberLink, runExperiment} from "../web/page/js/experiment.js";

const here = path.dirname(fileURLToPath(import.meta.url)), root = path.dirname(here);
const program = path.resolve(process.env.SEEDLING ?? path.join(root, "build/seedling"));
const dry = process.argv.includes("--dry");
const wanted = process.argv.slice(2).filter((word) => /^\d+$/.test(word)).map(Number);

/// A measured number may be this share away from the one that the text gives as typical: other units round otherwise.
const typical = 0.3;

const sections = ["Questions", "Predict", "Run", "What happened", "Check yourself", "Exercise", "Go further"];

function lessons() {
  return fs.readdirSync(here).filter((name) => /^\d\d-[a-z-]+$/.test(name)).sort()
    .filter((name) => !wanted.length || wanted.includes(Number(name.slice(0, 2))));
}

const read = (lesson, file) => fs.readFileSync(path.join(here, lesson, file), "utf8");

/// What is wrong with a lesson's files, in words.
function faults(lesson) {
  const text = read(lesson, "lesson.md"), teacher = read(lesson, "teacher.md"), experiment = JSON.parse(read(lesson, "experiment.json"));
  const found = [];
  const headings = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  if (headings.join() !== sections.join()) found.push(`lesson.md has the sections ${headings.join(", ")} and not ${sections.join(", ")}`);
  if (!/^# \d+ /.test(text)) found.push("lesson.md does not begin with '# NUMBER TITLE'");
  if (!/^# \d+ /.test(teacher)) found.push("teacher.md does not begin with '# NUMBER TITLE'");
  for (const [, target] of (text + teacher).matchAll(/\]\(((?!#|https?:)[^)\s"]+)/g)) {
    if (!fs.existsSync(path.join(here, lesson, target.split("#")[0]))) found.push(`a link leads nowhere: ${target}`);
  }
  const predictions = text.split("## Predict")[1]?.split("\n## ")[0] ?? "";
  if ((predictions.match(/<summary>/g) ?? []).length < 2) found.push("there is nothing to choose under Predict");
  const checks = (text.split("## Check yourself")[1]?.split("\n## ")[0] ?? "").split(/^### /m).slice(1);
  if (checks.length !== 3) found.push(`${checks.length} self-checks, not 3`);
  for (const check of checks) {
    const right = (check.match(/\*\*Right\.\*\*/g) ?? []).length, all = (check.match(/<summary>/g) ?? []).length;
    const wrong = (check.match(/\*\*No\.\*\*/g) ?? []).length;
    if (right !== 1 || all < 3 || right + wrong !== all) found.push(`a self-check needs one right answer and each of three or more explained: ${check.split("\n")[0]}`);
  }
  if (!experiment.steps?.length || !experiment.claims?.length) found.push("experiment.json has no steps or no claims");
  return found;
}

/// The program as a server over a folder of its own.
async function serve() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "seedling-lessons-"));
  const server = spawn(program, ["serve", "--runs", folder, "--port", "0"], {cwd: root, stdio: ["ignore", "ignore", "pipe"]});
  const link = await new Promise((done, fail) => {
    let said = "";
    server.stderr.on("data", (piece) => {
      said += piece;
      const match = /dashboard: (http:\S+)\/#token=([0-9a-f]+)/.exec(said);
      if (match) done(match);
    });
    server.on("exit", () => fail(new Error(`the server has ended: ${said}`)));
    server.on("error", (error) => fail(new Error(`${program}: ${error.message}. Build it first: make build`)));
  });
  const [, address, token] = link;
  const answer = async (reply) => {
    const body = await reply.json();
    if (!reply.ok) throw new Error(body.error?.message ?? `the server answered ${reply.status}`);
    return body;
  };
  return {
    get: async (where) => answer(await fetch(address + where)),
    post: async (where, body) => answer(await fetch(address + where, {
      method: "POST", headers: {"Content-Type": "application/json", "X-Seedling-Token": token}, body: JSON.stringify(body)})),
    end: async () => {
      server.kill("SIGTERM");
      if (server.exitCode === null) await new Promise((done) => server.once("exit", done));
      fs.rmSync(folder, {recursive: true, force: true});
    },
  };
}

const shown = (value) => typeof value === "number" ? Number(value.toPrecision(4)) : JSON.stringify(value)?.slice(0, 60);

/// Prints a line a claim; true where all hold.
async function check(lesson, server) {
  const experiment = JSON.parse(read(lesson, "experiment.json"));
  const begin = Date.now();
  const {results} = await runExperiment(experiment, server);
  const claims = judge(experiment, results);
  let good = true;
  for (const claim of claims) {
    good &&= claim.holds;
    console.log(`  ${claim.holds ? "holds" : "FAILS"}  ${claim.words}: ${claim.error ?? `${shown(claim.value)} ${claim.is} ${shown(claim.than)}`}`);
  }
  for (const [, number, name] of read(lesson, "lesson.md").matchAll(numberLink)) {
    const value = measured(name, results, claims), told = Number(number.replace(/[^\d.eE+-]/g, ""));
    const near = typeof value === "number" && Math.abs(value - told) <= typical * Math.abs(value) + 1e-9;
    if (!near) {
      good = false;
      console.log(`  FAILS  the text says ${number} for ${name}, the run ${shown(value)}`);
    }
  }
  console.log(`  ${((Date.now() - begin) / 1000).toFixed(0)} s`);
  return good;
}

let passed = 0, failed = 0;
const server = dry ? null : await serve();
for (const lesson of lessons()) {
  console.log(lesson);
  let good = true;
  try {
    for (const fault of faults(lesson)) {
      good = false;
      console.log(`  FAILS  ${fault}`);
    }
    if (!dry && good) good = await check(lesson, server);
  } catch (error) {
    good = false;
    console.log(`  FAILS  ${error.message}`);
  }
  good ? ++passed : ++failed;
}
await server?.end();
if (passed + failed === 0) ++failed, console.log("there is no such lesson");
console.log(`${passed} lessons passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
