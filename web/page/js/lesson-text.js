// A lesson's Markdown as elements. The texts are files inside the program, written with it; they are parsed by marked, which
// comes only when a lesson is opened, into a document of its own in which nothing runs.
import {getText} from "./api.js";
import {h} from "./dom.js";
import {address} from "./store.js";

let parser = null;

function loadParser() {
  parser ??= new Promise((done, fail) => {
    document.head.append(h("script", {src: "/vendor/marked.js", onload: () => done(window.marked),
      onerror: () => { parser = null; fail(new Error("The lesson's text cannot be shown: the Markdown parser did not come.")); }}));
  });
  return parser;
}

/// Where a link of a lesson leads inside the page: sources to the running program's own, lessons to lessons.
function follow(link) {
  const target = link.getAttribute("href") ?? "";
  const lesson = /^\.\.\/(\d\d-[a-z-]+)\/(lesson|teacher)\.md$/.exec(target);
  if (lesson) return link.setAttribute("href", address("lessons", {lesson: lesson[1], notes: lesson[2] === "teacher" ? "1" : ""}));
  const view = /^#\/([a-z-]+)$/.exec(target);
  if (view) return link.setAttribute("href", address(view[1], {lesson: "", notes: ""}));
  const source = /^\.\.\/\.\.\/(web\/page\/)?(.+)$/.exec(target);
  if (!source) return;
  link.setAttribute("href", source[1] ? `/page/${source[2]}` : `/source/${source[2]}`);
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener");
}

/// Numbers that the experiment measures: the typical one stands there until the learner's own is known.
function markNumber(link) {
  const number = h("span.own-number", {data: {number: link.getAttribute("title"), typical: link.textContent},
    title: "a typical value; run the experiment for your own"}, link.textContent);
  link.replaceWith(number);
}

/// The elements of a file: [title, introduction..., section...]; a section is <section data-section="Predict">.
export async function lessonText(name, file) {
  const [marked, text] = await Promise.all([loadParser(), getText(`/lessons/${name}/${file}`)]);
  const parsed = new DOMParser().parseFromString(marked.parse(text), "text/html");
  const body = document.adoptNode(parsed.body);
  for (const link of body.querySelectorAll('a[href="#run"]')) markNumber(link);
  for (const link of body.querySelectorAll("a[href]")) follow(link);
  for (const table of body.querySelectorAll("table")) {
    const frame = h("div.scroll.tall", {tabindex: "0", role: "region", "aria-label": "a table"});
    table.replaceWith(frame);
    frame.append(table);
  }
  const parts = [];
  let place = parts;
  for (const node of [...body.children]) {
    if (node.tagName === "H1") continue;  // the view has it as its title
    if (node.tagName === "H2") {
      const section = h("section", {data: {section: node.textContent}});
      parts.push(section);
      place = {push: (one) => section.append(one)};
    }
    place.push(node);
  }
  return parts;
}

/// Writes the learner's numbers into the text, with as many digits as the typical ones have.
export function showNumbers(root, numbers) {
  for (const place of root.querySelectorAll(".own-number")) {
    const value = numbers[place.dataset.number];
    const own = Number.isFinite(value);
    const {typical} = place.dataset, digits = typical.split(".")[1]?.length ?? 0;
    const form = {minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: typical.includes(",")};
    place.textContent = own ? value.toLocaleString("en", form) : typical;
    place.classList.toggle("own", own);
    place.title = own ? `your own; typically ${place.dataset.typical}` : "a typical value; run the experiment for your own";
  }
}
