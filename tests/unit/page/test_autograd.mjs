// The lesson's hundred lines of backpropagation, against slopes measured by nudging.
import assert from "node:assert/strict";
import {test} from "node:test";
import {Value, bigramLoss, crossEntropy} from "../../../lessons/autograd.mjs";

/// Every input's gradient of `make` (inputs -> Value) against central differences.
function check(make, inputs) {
  const values = inputs.map((x) => new Value(x)), h = 1e-5;
  make(values).backward();
  inputs.forEach((x, i) => {
    const at = (moved) => make(inputs.map((one, j) => new Value(j === i ? moved : one))).data;
    const slope = (at(x + h) - at(x - h)) / (2 * h);
    assert.ok(Math.abs(values[i].grad - slope) < 1e-6 * Math.max(1, Math.abs(slope)), `${i}: ${values[i].grad} and ${slope}`);
  });
}

test("each operation has the slope that nudging finds", () => {
  check(([a, b]) => a.plus(b), [0.7, -0.3]);
  check(([a, b]) => a.times(b), [0.7, -0.3]);
  check(([a, b]) => a.minus(b).over(b), [0.7, -0.3]);
  check(([a]) => a.exp().plus(a.power(3)), [0.7]);
  check(([a]) => a.log().times(a.tanh()), [0.7]);
});

test("what reaches a number by several ways is added up", () => {
  check(([a, b]) => a.times(a).plus(a.times(b)).times(a.tanh()), [0.7, -0.3]);
});

test("the loss of a position and of a text", () => {
  check((logits) => crossEntropy(logits, 1), [0.2, -0.5, 1.3]);
  const letters = ["a", "b"];
  check((w) => bigramLoss([[w[0], w[1]], [w[2], w[3]]], "abba", letters), [0.1, -0.2, 0.4, 0.3]);
  assert.ok(Math.abs(crossEntropy([0, 0, 0].map((x) => new Value(x)), 0).data - Math.log(3)) < 1e-12);
});
