// The data of plots: decimated series from the server, live points appended, smoothing, and the x axis.
import {get, getShared} from "./api.js";
import {state} from "./store.js";

const keys = new Map();  // run -> Set of the names of its series; names come, and none goes

/// The newest line of metrics says it for most keys, without asking.
async function hasKey(run, key) {
  if (state.runs.get(run)?.metrics?.[key] !== undefined || keys.get(run)?.has(key)) return true;
  keys.set(run, new Set((await getShared(`/api/runs/${run}`)).keys));
  return keys.get(run).has(key);
}

/// Rows [step, min, max, last] of one key of one run, kept up to date by append().
export class Series {
  constructor(run, key) {
    this.run = run;
    this.key = key;
    this.rows = [];
    this.loaded = null;   // {from, to} of the last load
    this.appended = 0;
    this.cuts = 0;        // how often rows were taken back
  }

  /// Loads [from, to] (undefined = open) in at most `points` rows. A load that is overtaken by another is dropped.
  async load(points, from, to) {
    this.abort?.abort();
    this.abort = new AbortController();
    const {signal} = this.abort;
    if (!await hasKey(this.run, this.key) || signal.aborted) return;
    const range = [["from", from], ["to", to]].filter(([, value]) => value !== undefined && value !== "")
      .map(([key, value]) => `&${key}=${Math.floor(value)}`).join("");
    const reply = await get(`/api/runs/${this.run}/series?key=${encodeURIComponent(this.key)}&points=${points}${range}`,
      signal);
    const last = reply.points.at(-1)?.[0] ?? -1;
    // Points that arrived by the stream while the request was under way are newer than the reply.
    const newer = to === undefined ? this.rows.filter((row) => row[0] > last && row.live) : [];
    this.rows = reply.points.concat(newer);
    this.loaded = {from, to};
    this.appended = newer.length;
  }

  /// Adds metrics lines of the stream; a step that is there already, or a rewound one, replaces what follows it.
  append(points) {
    for (const point of points) {
      const value = point[this.key];
      if (value === undefined || value === null) continue;
      for (; this.rows.length && this.rows.at(-1)[0] >= point.step; ++this.cuts) this.rows.pop();
      const row = [point.step, value, value, value];
      row.live = true;
      this.rows.push(row);
      ++this.appended;
    }
  }
}

/// Exponential moving average without the bias of its start: s_n = b s_(n-1) + (1 - b) x_n, shown as s_n / (1 - b^n).
export function smooth(rows, strength) {
  if (!(strength > 0)) return rows.map((row) => row[3]);
  let sum = 0, weight = 0;
  return rows.map((row) => {
    if (row[3] === null) return null;
    sum = strength * sum + (1 - strength) * row[3];
    weight = strength * weight + (1 - strength);
    return sum / weight;
  });
}

/// A function step -> x for the chosen axis: steps, seconds since the run began, or the clock (milliseconds).
export function axisOf(kind, secondsRows, started) {
  if (kind === "step" || !secondsRows?.length) return (step) => step;
  const at = (step) => {
    let low = 0, high = secondsRows.length - 1;
    if (step <= secondsRows[0][0]) return secondsRows[0][3] * (secondsRows[0][0] ? step / secondsRows[0][0] : 1);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (secondsRows[middle][0] < step) low = middle + 1;
      else high = middle;
    }
    const [right, left] = [secondsRows[low], secondsRows[Math.max(0, low - 1)]];
    if (right[0] === left[0]) return right[3];
    return left[3] + (right[3] - left[3]) * (step - left[0]) / (right[0] - left[0]);
  };
  return kind === "wall" && started ? (step) => 1000 * (started + at(step)) : at;
}

/// "a.csv" with a header line, for a download.
export function toCsv(header, rows) {
  const cell = (value) => value === null || value === undefined ? "" : /[",\n]/.test(value) ? JSON.stringify(value) : value;
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
