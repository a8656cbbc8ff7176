// What the page says while the program does not answer, and when it is there again: what happened, and how to go on.
import {h, fill} from "./dom.js";
import {isActive, on, state} from "./store.js";

const patience = 2500;  // milliseconds: a shorter silence is no absence

/// Fills `place` while the program is away.
export function watchAbsence(place) {
  let timer = null;

  function tell() {
    const own = [...state.runs.values()].find((run) => run.live);
    const done = own && !isActive(own);
    const words = done ? [h("strong", {}, `${own.id} is done, and the program has ended with it. `), "What it has shown stays here. To try the model, or to look further: ",
      h("code", {}, "make dashboard"), "; to shape it for a task: ", h("code", {}, "make finetune"), ". "]
      : [h("strong", {}, "The program does not answer. "), "If it was ended, start it again: ", h("code", {}, "make dashboard"), ". "];
    fill(place, h("p", {}, words, "This page goes on by itself when the program is back; to steer it then, open its new link from the terminal."));
    place.hidden = false;
  }

  on("connection", (status) => {
    clearTimeout(timer);
    if (status === "reconnecting") timer = setTimeout(tell, patience);
    else place.hidden = true;
  });
}
