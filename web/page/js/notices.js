// What the page says by itself: notices that pass, and alerts that stay until they are closed.
import {h} from "./dom.js";

/// A short word of confirmation, read out politely, gone after some seconds.
export function say(words) {
  const box = document.getElementById("notices");
  const note = h("p.notice", {}, words);
  box.append(note);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => note.remove(), 7000);
}

/// An error in words; the same words never stand twice.
export function explain(error) {
  if (error?.name === "AbortError") return;
  const words = error?.message ?? String(error);
  const box = document.getElementById("alerts");
  if ([...box.children].some((alert) => alert.dataset.words === words)) return;
  const alert = h("p.alert", {data: {words}}, words,
    h("button.small", {onclick: () => alert.remove(), "aria-label": "Close this message"}, "Close"));
  box.append(alert);
}
