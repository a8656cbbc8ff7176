// What a view shows when there is no run yet: what to do, and one button that does it.
import {h} from "../dom.js";
import {post} from "../api.js";
import {explain, say} from "../notices.js";
import {address, loadRuns, set, state} from "../store.js";

/// Starts the default pre-training and shows its cockpit.
export async function startDefault(button) {
  button.disabled = true;
  try {
    const {id} = await post("/api/runs", state.defaults?.start ?? {command: "pretrain"});
    await loadRuns();
    set({run: id});
    location.hash = `#/cockpit?run=${id}`;
    say(`${id} is getting ready.`);
  } catch (error) {
    explain(error);
  } finally {
    button.disabled = false;
  }
}

export function emptyState(words = "A language model starts as a seed: random numbers that know nothing. Plant one, and watch it learn to write little stories. It takes three minutes and nothing but this computer.") {
  const able = state.defaults?.can_start !== false;
  return h("div.panel.emptiness", {}, h("img", {src: "/page/icon.svg", alt: "", width: "88", height: "88"}), h("p", {}, words),
    able ? h("button.primary", {onclick: (event) => startDefault(event.currentTarget)}, "Plant a seed: start training")
      : h("p", {}, state.defaults?.why_not || "Start one in the terminal: make pretrain"),
    h("p", {}, h("a", {href: address("lessons")}, "Or begin with the first lesson.")));
}
