// Lessons: the course that lives in the program. A list of them, or the one that the address names.
import {get} from "../api.js";
import {h, fill} from "../dom.js";
import {address, on, state} from "../store.js";
import {progressOf, showLesson, showNotes} from "./lesson.js";

async function showList(body) {
  const list = h("ol.lessons"), trouble = h("div", {role: "status"});
  fill(body, list, trouble);
  try {
    const {lessons} = await get("/api/lessons");
    fill(list, lessons.map((lesson) => {
      const {claims, choice} = progressOf(lesson.name);
      return h("li", {}, h("a.panel", {href: address("lessons", {lesson: lesson.name, notes: ""})}, h("strong", {}, lesson.title), h("span", {}, lesson.words),
        claims ? h("span.good", {}, "✓ done") : choice !== undefined ? h("span.muted", {}, "begun") : null));
    }));
  } catch (error) {
    fill(trouble, h("p.bad", {}, error.message));
  }
}

function show(body) {
  let end = null, shown = null;
  function draw() {
    const {lesson, notes} = state.settings, wanted = `${lesson} ${notes}`;
    if (shown === wanted) return;
    shown = wanted;
    end?.();
    end = null;
    window.scrollTo(0, 0);
    if (!lesson) showList(body);
    else end = (notes ? showNotes : showLesson)(body, lesson);
  }
  const heard = on("settings", draw);
  draw();
  return () => {
    heard();
    end?.();
  };
}

export const lessons = {
  name: "lessons", title: "Lessons", mark: "✦", alone: true,
  words: "Twelve lessons of three quarters of an hour: predict, run, explain. Every claim in them is measured by your own computer.",
  sources: [],
  show,
};
