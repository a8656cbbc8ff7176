// Backpropagation in a hundred lines: numbers that remember what they were made of.
//
// Every Value keeps the numbers that it came from and, for each, the slope of itself in it. backward() walks back from the
// loss and multiplies slopes along the way (the chain rule); what reaches a number by several ways is added up. That is
// all that training needs; Seedling's own layers (trainer/layers) do the same for whole matrices, each with its backward
// written out by hand below its forward.
//
//   node lessons/autograd.mjs     learns which letter follows which, and checks one slope by nudging

export class Value {
  constructor(data, parents = [], slopes = []) {
    this.data = data;
    this.grad = 0;          // d loss / d this, after backward()
    this.parents = parents;
    this.slopes = slopes;   // d this / d each parent
  }

  static of(x) {
    return x instanceof Value ? x : new Value(x);
  }

  plus(other) {
    other = Value.of(other);
    return new Value(this.data + other.data, [this, other], [1, 1]);
  }

  times(other) {
    other = Value.of(other);
    return new Value(this.data * other.data, [this, other], [other.data, this.data]);
  }

  power(n) {
    return new Value(this.data ** n, [this], [n * this.data ** (n - 1)]);
  }

  exp() {
    const e = Math.exp(this.data);
    return new Value(e, [this], [e]);
  }

  log() {
    return new Value(Math.log(this.data), [this], [1 / this.data]);
  }

  tanh() {
    const t = Math.tanh(this.data);
    return new Value(t, [this], [1 - t * t]);
  }

  minus(other) {
    return this.plus(Value.of(other).times(-1));
  }

  over(other) {
    return this.times(Value.of(other).power(-1));
  }

  /// Fills `grad` of everything that this was made of: each number after all that were made of it.
  backward() {
    const order = [], seen = new Set();
    const visit = (value) => {
      if (seen.has(value)) return;
      seen.add(value);
      value.parents.forEach(visit);
      order.push(value);
    };
    visit(this);
    for (const value of order) value.grad = 0;
    this.grad = 1;
    for (const value of order.reverse())
      value.parents.forEach((parent, i) => { parent.grad += value.slopes[i] * value.grad; });
  }
}

/// -log of the probability that softmax gives to the target: the loss of a language model at one position.
export function crossEntropy(logits, target) {
  const exps = logits.map((logit) => logit.exp());
  const sum = exps.reduce((a, b) => a.plus(b));
  return sum.log().minus(logits[target]);
}

/// Mean loss of a table of logits (a row for each letter: what follows it) over a text.
export function bigramLoss(table, text, letters) {
  let loss = new Value(0);
  for (let i = 0; i + 1 < text.length; ++i)
    loss = loss.plus(crossEntropy(table[letters.indexOf(text[i])], letters.indexOf(text[i + 1])));
  return loss.over(text.length - 1);
}

function main() {
  const text = "the cat saw the rat and the rat saw the cat. ", letters = [...new Set(text)].sort();
  const table = letters.map(() => letters.map(() => new Value(0)));
  for (let step = 0; step <= 60; ++step) {
    const loss = bigramLoss(table, text, letters);
    loss.backward();
    if (step % 10 === 0) console.log(`step ${step}  loss ${loss.data.toFixed(4)}${step ? "" : `  (a uniform guess: ln ${letters.length} = ${Math.log(letters.length).toFixed(4)})`}`);
    for (const row of table) for (const weight of row) weight.data -= 5 * weight.grad;
  }
  const weight = table[letters.indexOf("t")][letters.indexOf("h")], h = 1e-4, value = weight.data;
  const at = (x) => { weight.data = x; return bigramLoss(table, text, letters).data; };
  const nudged = (at(value + h) - at(value - h)) / (2 * h);
  at(value);
  bigramLoss(table, text, letters).backward();
  console.log(`slope of "h after t": backward says ${weight.grad.toExponential(6)}, nudging says ${nudged.toExponential(6)}`);
}

if (import.meta.url === `file://${process.argv[1]}`) main();
