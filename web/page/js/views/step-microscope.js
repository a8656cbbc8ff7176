// Step microscope: one text through one training step, on a copy: what each token costs, the push on each group of
// weights, and what the step gained.
import {h, fill} from "../dom.js";
import {post} from "../api.js";
import {number, percent, count} from "../format.js";
import {exampleText, latest, modelPicker, textBox, tokenStrip} from "../parts.js";
import {on} from "../store.js";

const columns = ["weights", "how many", "weight", "gradient", "update", "update / weight"];

function show(body) {
  const trouble = h("div"), result = h("div.stack");
  const text = textBox("The batch: your text", "", () => {}, 3);
  const rate = h("input", {type: "number", min: "0", step: "any", value: "0.001", "aria-label": "Learning rate"});
  const picker = modelPicker(() => take());
  const button = h("button.primary", {onclick: () => take()}, "Take one step");
  const take = latest(async (signal) => {
    if (!picker.value()) return;
    if (!text.value().trim()) return fill(trouble, h("p.bad", {role: "status"}, "Type a text first: the step is taken on it."));
    if (!(Number(rate.value) > 0)) return fill(trouble, h("p.bad", {role: "status"}, "Type a learning rate above zero."));
    button.disabled = true;
    try {
      const reply = await post("/api/inspect", {view: "step", model: picker.value(), text: text.value(), "learning-rate": Number(rate.value)}, signal);
      draw(reply);
    } finally {
      button.disabled = false;
    }
  }, trouble);

  function draw(reply) {
    const most = Math.max(...reply.losses.filter(Number.isFinite), 1e-9);
    const strip = (losses, words) => h("div.stack.near", {}, h("p.muted", {}, words), tokenStrip(reply.tokens,
      (i) => ({share: losses[i] === null ? 0 : losses[i] / most, title: losses[i] === null ? "no loss here" : `${number(losses[i])} nats`})));
    fill(result,
      h("div.panel.stack", {}, h("h2", {}, "1. Forward: the loss of each token"), strip(reply.losses, `A stronger colour is a greater surprise. Mean ${number(reply.loss)} nats.`)),
      h("div.panel.stack", {}, h("h2", {}, "2. Backward: the push on the weights"), h("p.muted", {}, `Length of the whole gradient: ${number(reply.grad_norm)}.`),
        h("div.scroll.tall", {tabindex: "0", role: "region", "aria-label": "Groups of weights"}, h("table.list", {},
          h("thead", {}, h("tr", {}, columns.map((name) => h("th", {scope: "col"}, name)))),
          h("tbody", {}, reply.groups.map((group) => h("tr", {}, h("th", {scope: "row"}, group.name),
            [count(group.parameters), number(group.weight), number(group.gradient), number(group.update), number(group.update_to_weight)]
              .map((cell, column) => h("td", {"data-name": columns[column + 1]}, cell)))))))),
      h("div.panel.stack", {}, h("h2", {}, "3. After the step: the same text again"), strip(reply.losses_after, `Mean ${number(reply.loss_after)} nats: ` +
        (reply.loss_after < reply.loss ? `${percent(1 - reply.loss_after / reply.loss)} lower.` : `${percent(reply.loss_after / reply.loss - 1)} higher: the step was too long.`))));
  }

  // A gradient checked by hand.
  const which = h("select", {"aria-label": "Weights", onchange: () => { place.value = ""; nudge(); }});
  const place = h("input", {type: "number", min: "0", step: "1", placeholder: "the steepest", "aria-label": "Which one of them"});
  const checked = h("div"), nudgeTrouble = h("div");
  const nudge = latest(async (signal) => {
    if (!picker.value() || !text.value().trim()) return;
    if (place.validity.badInput) return fill(nudgeTrouble, h("p.bad", {role: "status"}, "Type a whole number, or nothing for the steepest."));
    const reply = await post("/api/inspect", {view: "gradient", model: picker.value(), text: text.value(),
      ...(which.value ? {parameter: which.value} : {}), ...(place.value === "" ? {} : {index: Number(place.value)})}, signal);
    if (which.options.length !== reply.parameters.length) fill(which, reply.parameters.map((one) => h("option", {value: one.name}, `${one.name} (${count(one.size)})`)));
    which.value = reply.parameter;
    place.max = reply.size - 1;
    drawCheck(reply);
  }, nudgeTrouble);

  function drawCheck(reply) {
    const best = reply.differences.reduce((a, b) => Math.abs(a.difference - reply.gradient) <= Math.abs(b.difference - reply.gradient) ? a : b);
    fill(checked, h("p", {}, `Weight ${reply.index} of ${reply.parameter} is ${number(reply.value)}; backward says that its gradient is `, h("strong", {}, number(reply.gradient)), "."),
      h("div.scroll.tall", {tabindex: "0", role: "region", "aria-label": "Differences"}, h("table.list", {},
        h("thead", {}, h("tr", {}, ["nudged by h", "loss above", "loss below", "difference / 2 h", "off by"].map((name) => h("th", {scope: "col"}, name)))),
        h("tbody", {}, reply.differences.map((one) => h("tr", {class: one === best ? "best" : null}, h("th", {scope: "row"}, number(one.h)),
          [one.above.toFixed(6), one.below.toFixed(6), number(one.difference), percent(Math.abs(one.difference / reply.gradient - 1), 2)].map((cell) => h("td", {}, cell))))))),
      h("p.muted", {}, "A large h sees the curve of the loss, not its slope; a tiny one moves the loss by less than the rounding of 32-bit numbers. Between them the two agree."));
  }

  const check = h("details.panel", {ontoggle: () => { if (check.open && !checked.hasChildNodes()) nudge(); }}, h("summary", {}, "Check a gradient by hand: nudge one weight, and look at the loss"),
    h("div.stack", {}, h("div.row", {}, h("label.field", {}, h("span", {}, "Weights"), which), h("label.field", {}, h("span", {}, "Which one"), place), h("button", {onclick: () => nudge()}, "Nudge it")),
      nudgeTrouble, checked));

  fill(body, h("div.panel.stack", {}, h("div.row", {}, picker.element, h("label.field", {}, h("span", {}, "Learning rate"), rate)), text.element, h("div.row", {}, button), trouble), result, check);
  const begin = async () => { text.area.value = await exampleText(24); take(); };
  begin();
  const ends = [picker.end, on("current", begin)];
  return () => ends.forEach((end) => end());
}

export const stepMicroscope = {
  name: "step-microscope", title: "Step microscope", mark: "⊙",
  words: "One text through one training step: loss, gradient, update, and the loss again. It happens on a copy.",
  sources: ["trainer/model/model.cpp", "trainer/optimizer/adamw.cpp", "web/server/inspect_gradient.cpp"],
  show,
};
