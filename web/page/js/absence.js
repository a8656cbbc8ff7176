// What the page says while the program does not answer, and when it is there again: what happened, and how to go on.
import {h, fill} from "./dom.js";
import {isActive, on, state} from "./store.js";

const patience = 2500;  // milliseconds: a shorter silence is no absence
const together = 10000;  // a program that leaves so soon after its run has ended with it

/// Fills `place` while the program is away.
export function watchAbsence(place) {
  const training = new Set();  // runs that this program trains
  let timer = null, done = null;  // {id, at}: the last of them that ended

  function follow() {
    for (const run of state.runs.values()) {
      if (run.live && isActive(run)) training.add(run.id);
      else if (training.delete(run.id)) done = {id: run.id, at: performance.now()};
    }
  }

  function tell(since) {
    const ended = done && !training.size && since - done.at < together;
    const words = ended ? [h("strong", {}, `${done.id} is done, and the program has ended with it. `), "What it has shown stays here. To try the model, or to look further: ",
      h("code", {}, "make dashboard"), "; to shape it for a task: ", h("code", {}, "make finetune"), ". "]
      : [h("strong", {}, "The program does not answer. "), "If it was ended, start it again: ", h("code", {}, "make dashboard"), ". "];
    fill(place, h("p", {}, words, "This page goes on by itself when the program is back; to steer it then, open its new link from the terminal."));
    place.hidden = false;
  }

  on("runs", follow);
  on("connection", (status) => {
    clearTimeout(timer);
    if (status === "reconnecting") timer = setTimeout(tell, patience, performance.now());
    else place.hidden = true;
  });
}
