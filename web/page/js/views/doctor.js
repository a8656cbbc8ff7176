// Doctor: what is going well or wrong, in plain words, and what to do about it; and the machine it runs on.
import {h, fill} from "../dom.js";
import {get} from "../api.js";
import {whole} from "../format.js";
import {latest} from "../parts.js";
import {on, state} from "../store.js";

const signs = {good: "✓", note: "i", warning: "!", bad: "✕"};

const names = {cpu: "processor", gemm_gflops: "matrix products (GFLOP/s)"};

function show(body) {
  const findings = h("div.stack"), machine = h("div.panel"), trouble = h("div");
  const load = latest(async (signal) => {
    if (!state.current) return fill(findings, h("div.panel", {}, h("p", {}, "There is no run to examine yet.")));
    const reply = await get(`/api/runs/${state.current.id}/diagnosis`, signal);
    fill(findings, reply.findings.length ? reply.findings.map((one) => h("div.panel.finding", {class: one.severity},
      h("h2", {}, h("span.sign", {class: one.severity, "aria-label": one.severity}, signs[one.severity] ?? "i"), one.title),
      h("p", {}, one.words, one.step === null || one.step === undefined ? "" : ` (seen at step ${whole(one.step)})`), one.remedy ? h("p", {}, h("strong", {}, "What to do: "), one.remedy) : null))
      : h("div.panel", {}, h("p", {}, "Too early to tell: come back after twenty steps.")));
  }, trouble);

  /// Of the run, as it was recorded; without a run, this one.
  async function drawMachine() {
    const about = state.current ? await get(`/api/runs/${state.current.id}`).catch(() => null) : null;
    const own = about?.run?.machine, facts = own ? {...own, "gemm_gflops": Math.round(own.gemm_gflops) || "not measured"} : state.defaults?.machine;
    machine.hidden = !facts;
    if (!facts) return;
    const words = (value) => Array.isArray(value) ? value.map(words).join(", ") : value !== null && typeof value === "object"
      ? Object.entries(value).map(([key, one]) => `${key.replaceAll("_", " ")} ${words(one)}`).join("; ") : String(value);
    fill(machine, h("h2", {}, own ? "The machine it trained on" : "This machine"), h("dl.plain", {}, Object.entries(facts).map(([key, value]) => [h("dt", {}, names[key] ?? key.replaceAll("_", " ")), h("dd", {}, words(value))])));
  }

  fill(body, trouble, findings, machine);
  load();
  drawMachine();
  let last = 0;
  const ends = [on("current", () => { load(); drawMachine(); }), on("runs", load), on("defaults", drawMachine), on("metrics", () => {
    if (document.hidden || performance.now() - last < 3000) return;
    last = performance.now();
    load();
  })];
  return () => ends.forEach((end) => end());
}

export const doctor = {
  name: "doctor", title: "Doctor", mark: "✚",
  words: "What goes well and what goes wrong, in plain words, with a remedy.",
  sources: ["web/server/diagnosis.cpp"],
  alone: true,  // without a run, too
  show,
};
