// Sample timeline: the same prompt and seed at every age; the slider goes from noise to letters, words and grammar.
import {h, fill} from "../dom.js";
import {get} from "../api.js";
import {number, readable, whole} from "../format.js";
import {on, state} from "../store.js";
import {latest} from "../parts.js";
import {Plot} from "../plot.js";

function show(body) {
  let samples = [], playing = null;
  const words = h("p.muted", {role: "status"});
  const text = h("p.sample.large");
  const range = h("input", {type: "range", min: "0", max: "0", step: "1", value: "0", "aria-label": "Age of the sample", oninput: draw});
  const play = h("button", {onclick: togglePlay}, "Play");
  const plot = new Plot({key: "loss", with: ["val_loss"], title: "Loss", words: "at the same time"});
  const place = h("div");

  function draw() {
    const sample = samples[Number(range.value)];
    play.disabled = range.disabled = samples.length < 2;
    if (!sample) {
      fill(words, "No sample yet: the first comes after some steps.");
      fill(text);
      return;
    }
    fill(words, `step ${whole(sample.step)}, sample ${Number(range.value) + 1} of ${samples.length}` +
      (Number.isFinite(sample.loss) ? `, loss ${number(sample.loss)}` : "") + `, seed ${sample.seed}`);
    fill(text, h("span.prompt", {}, sample.prompt ?? "", state.current?.command === "finetune" ? " → " : ""), readable(sample.text));
  }

  function togglePlay() {
    if (playing) {
      clearInterval(playing);
      playing = null;
      fill(play, "Play");
      return;
    }
    if (Number(range.value) >= samples.length - 1) range.value = "0";
    fill(play, "Stop");
    playing = setInterval(() => {
      if (Number(range.value) >= samples.length - 1) return togglePlay();
      range.value = String(Number(range.value) + 1);
      draw();
    }, 700);
    draw();
  }

  const load = latest(async (signal) => {
    const atEnd = Number(range.value) >= samples.length - 1;
    ({samples} = await get(`/api/runs/${state.current.id}/samples`, signal));
    range.max = String(Math.max(0, samples.length - 1));
    if (atEnd && !playing) range.value = range.max;
    draw();
  }, place);

  const panel = h("div.panel.stack", {}, words, h("div.row.timeline", {}, play, range), text, place);
  fill(body, panel, plot.element);
  load();
  const ends = [on("current", load), on("sample", (line) => line.run === state.current?.id && load())];
  return () => {
    ends.forEach((end) => end());
    clearInterval(playing);
    plot.destroy();
  };
}

export const sampleTimeline = {
  name: "sample-timeline", title: "Sample timeline", mark: "≋",
  words: "The same prompt with the same luck at every age: noise, letters, words, grammar.",
  sources: ["trainer/training/trainer_records.cpp", "trainer/generation/generator.cpp"],
  show,
};
