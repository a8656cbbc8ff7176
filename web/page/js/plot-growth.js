// How a live curve grows: new points are drawn at its end, on the picture that is there. The whole plot is drawn again only
// when they leave its frame, which therefore keeps some room to the right. A whole drawing takes ten milliseconds and
// more, an end well under one; on two cores that time is the training's.

/// The largest of 1, 2, 5, 10, 20, ... that is not above `size`.
function roundDown(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [5, 2, 1].find((digit) => digit * power <= size * 1.0000001);
}

/// Where an axis that holds [first, last] and more to come should end: at the next fifth or so, but not beyond `end`.
export function roomFor(first, last, end = Infinity) {
  const grain = roundDown(Math.max(last - first, 20) / 5);
  const room = first + (Math.floor((last - first) / grain) + 1) * grain;
  return last <= end ? Math.min(room, end) : room;
}

/// The end of one series on a plot: what Chart.js was last given, and what has come since.
export class Tail {
  /// axis: step -> x; raw, line: the datasets (raw: null where nothing is smoothed); strength: of the smoothing.
  constructor(series, axis, raw, line, strength) {
    Object.assign(this, {series, rows: series.rows, cuts: series.cuts, axis, raw, line, strength, taken: 0, sum: 0, weight: 0});
    this.dots = line.pointRadius > 0 || !this.rows.length;
    for (const row of this.rows) this.smoothed(row);
    this.taken = this.rows.length;
    this.settle();
  }

  /// The debiased moving average (series.js), one value further.
  smoothed(row) {
    if (!(this.strength > 0) || row[3] === null) return row[3];
    this.sum = this.strength * this.sum + (1 - this.strength) * row[3];
    this.weight = this.strength * this.weight + (1 - this.strength);
    return this.sum / this.weight;
  }

  /// All points so far are in the picture that Chart.js itself draws.
  settle() {
    for (const set of [this.raw, this.line].filter(Boolean)) set.given = set.drawn = set.data.length;
  }

  /// Gives the datasets the rows that came since. False where that cannot be: the rows are others than they were, or stand
  /// as dots.
  take() {
    if (this.series.rows !== this.rows || this.series.cuts !== this.cuts || (this.dots && this.rows.length !== this.taken)) return false;
    for (; this.taken < this.rows.length; ++this.taken) {
      const row = this.rows[this.taken], x = this.axis(row[0]);
      this.raw?.data.push({x, y: row[3]});
      this.line.data.push({x, y: this.smoothed(row), step: row[0], rawValue: row[3]});
    }
    return true;
  }

  /// Are the points since the last drawing within the frame?
  fits({x, y}) {
    return [this.raw, this.line].filter(Boolean).every((set) => set.data.slice(set.drawn)
      .every((point) => point.x <= x.max && point.y >= y.min && point.y <= y.max));
  }

  /// Draws what has come since the last drawing; `whole`: since Chart.js was given the points, for it has drawn anew.
  draw(chart, whole) {
    for (const set of [this.raw, this.line]) {
      if (!set) continue;
      drawFrom(chart, set, Math.max(0, (whole ? set.given : set.drawn) - 1));
      set.drawn = set.data.length;
    }
  }
}

/// Strokes a dataset's line from its point `from` on.
function drawFrom({ctx, chartArea: area, scales: {x, y}}, set, from) {
  if (set.data.length - from < 2) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  ctx.clip();
  ctx.beginPath();
  ctx.lineWidth = set.borderWidth;
  ctx.strokeStyle = set.borderColor;
  ctx.lineJoin = "round";
  ctx.setLineDash(set.borderDash ?? []);
  for (let i = from; i < set.data.length; ++i) ctx.lineTo(x.getPixelForValue(set.data[i].x), y.getPixelForValue(set.data[i].y));
  ctx.stroke();
  ctx.restore();
}

/// A plugin of Chart.js: what it does not know of yet is drawn after its own drawings (under the pointer, say).
export const tails = {
  id: "tails",
  afterDatasetsDraw(chart, _, options) {
    for (const tail of options.list?.() ?? []) tail.draw(chart, true);
  },
};
