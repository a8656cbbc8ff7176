// One plot: raw values faint behind the smoothed line, runs overlaid, marks where somebody acted, lines to cross,
// zoom and pan, export, and a table beside the canvas. Chart.js draws; what is drawn is decided here.
import {getShared} from "./api.js";
import {afterFrame, h, fill, throttled} from "./dom.js";
import {number, whole} from "./format.js";
import {chartPlan, color, recolor} from "./plot-chart.js";
import {saveCsv, savePng} from "./plot-export.js";
import {Tail, roomFor} from "./plot-growth.js";
import {eventWords, isMarked} from "./plot-words.js";
import {listenForZoom} from "./plot-zoom.js";
import {Series, axisOf, smooth} from "./series.js";
import {isActive, on, set, state, overlays} from "./store.js";

const dashes = [[], [7, 4], [2, 3], [10, 3, 2, 3], [5, 5]];

/// options: {key, title, words, logarithmic, calm: it grows once a second, not at every beat, measured: zeros alone are no measurements, fromZero: of the axis, with: [keys drawn with it], lines: () => [{value, label, far}],
/// curves: () => [{label, points: [[step, value]...]}]}.
export class Plot {
  constructor(options) {
    this.options = options;
    this.series = new Map();  // "run key" -> Series
    this.seconds = new Map(); // run -> Series of "seconds"
    this.started = new Map(); // run -> when it began, in seconds of the clock
    this.events = [];
    this.tails = [];          // of the series that grow
    this.grown = false;       // points have come since the last drawing
    this.loads = 0;           // how often was asked for
    this.answered = false;    // the first of them has come: until then there is nothing to draw
    this.redraw = throttled(() => this.draw(), 250);
    this.element = this.build();
    this.ends = [
      on("metrics", ({run, points}) => this.append(run, points)),
      on("settings", (changes) => this.settingsChanged(changes)),
      on("current", () => this.load()),
      on("reset", () => this.load()),
      on("gap", () => this.load()),
      on("intervention", (event) => this.addEvent(event)),
      on("theme", () => this.chart && this.recolor()),
      on("beat", (all) => (all || !options.calm) && this.grow()),
      on("state", (run) => this.runs().includes(run.id) && this.redraw()),
    ];
    this.seen = () => document.hidden || this.redraw();
    document.addEventListener("visibilitychange", this.seen);
    // What is scrolled out of sight is not drawn: it would take its time from the training.
    this.inSight = true;
    this.sight = new IntersectionObserver(([entry]) => {
      this.inSight = entry.isIntersecting;
      if (this.inSight) this.draw();
    });
    this.sight.observe(this.element);
    this.load();
  }

  destroy() {
    this.destroyed = true;
    this.ends.forEach((end) => end());
    document.removeEventListener("visibilitychange", this.seen);
    this.sight.disconnect();
    clearTimeout(this.follow);
    this.chart?.destroy();
  }

  build() {
    this.canvas = h("canvas", {role: "img", "aria-label": `${this.options.title}, as a curve; the table below holds the values`});
    this.message = h("p.empty", {}, "Waiting for the first points.");
    this.table = h("tbody");
    this.tableHead = h("tr");
    this.details = h("details.twin", {ontoggle: () => this.redraw()},
      h("summary", {}, "As a table"),
      h("div.scroll", {tabindex: "0", role: "region", "aria-label": `${this.options.title}, values`},
        h("table", {}, h("thead", {}, this.tableHead), this.table)));
    this.resetButton = h("button.small", {onclick: () => set({from: "", to: ""}), hidden: true}, "Fit");
    return h("figure.plot", {data: {plot: this.options.key}},
      h("figcaption", {},
        h("span.title", {}, this.options.title),
        h("span.tools", {}, this.resetButton,
          h("button.small", {onclick: () => saveCsv(this), "aria-label": `${this.options.title} as CSV`}, "CSV"),
          h("button.small", {onclick: () => savePng(this), "aria-label": `${this.options.title} as PNG`}, "PNG")),
        this.options.words ? h("span.words", {}, this.options.words) : null),
      h("div.canvas", {}, this.canvas, this.message), this.details);
  }

  keys() { return [this.options.key, ...(this.options.with ?? [])]; }
  runs() { return state.current ? [state.current.id, ...overlays()] : []; }
  range() {
    const {from, to} = state.settings;
    return [from === "" ? undefined : Number(from), to === "" ? undefined : Number(to)];
  }

  /// Fetches what is drawn; `zoomed`: only the range has changed.
  async load(zoomed = false) {
    const turn = ++this.loads;
    const [from, to] = this.range();
    const points = Math.max(200, Math.min(1000, Math.round(this.canvas.clientWidth || 600)));
    const wanted = this.runs().flatMap((run) => this.keys().map((key) => [run, key]));
    const series = new Map();
    for (const [run, key] of wanted) {
      series.set(`${run} ${key}`, this.series.get(`${run} ${key}`) ?? new Series(run, key));
    }
    this.series = series;
    const loads = [...series.values()].map((one) => one.load(points, from, to));
    if (state.settings.x !== "step") {
      for (const run of this.runs()) {
        if (!this.seconds.has(run)) this.seconds.set(run, new Series(run, "seconds"));
        loads.push(this.seconds.get(run).load(1000).then(() => this.findStart(run)));
      }
    }
    if (state.current && !zoomed) {
      loads.push(getShared(`/api/runs/${state.current.id}/events`)
        .then(({events}) => this.mergeEvents(state.current?.id, events)));
    }
    await Promise.allSettled(loads);
    if (this.destroyed || turn !== this.loads) return;
    const first = !this.answered;
    this.answered = true;
    if (first && this.options.calm) afterFrame(() => this.redraw());  // after the plot that the reader looks at
    else if (first || zoomed) this.draw();  // the reader waits for it
    else this.redraw();
  }

  /// The clock at a run's first step: a running one's from now, another's from the time of its last checkpoint.
  async findStart(run) {
    const known = state.runs.get(run), axis = axisOf("relative", this.seconds.get(run).rows);
    if (known.live && known.state === "running") {
      this.started.set(run, Date.now() / 1000 - axis(known.step));
    } else {
      const {checkpoints} = await getShared(`/api/runs/${run}/checkpoints`);
      const last = checkpoints.at(-1);
      if (last) this.started.set(run, last.time - axis(last.step));
    }
  }

  append(run, points) {
    const [, to] = this.range();
    if (to !== undefined) return;
    for (const key of this.keys()) {
      const series = this.series.get(`${run} ${key}`);
      series?.append(points);
      if (series?.appended > 2000) {  // more than is worth drawing: the server thins them
        series.appended = 0;
        this.load();
      }
    }
    this.seconds.get(run)?.append(points);
    this.grown = true;
  }

  /// Draws the new ends of the curves, or everything where that is not enough.
  grow() {
    if (!this.grown || document.hidden || (this.filled && !this.inSight)) return;
    const small = this.chart && this.filled && !this.details.open && !this.canvas.matches(":hover") &&
      this.tails.length === this.series.size && this.tails.every((tail) => tail.take() && tail.fits(this.chart.scales));
    if (!small) return this.draw();
    this.grown = false;
    for (const tail of this.tails) tail.draw(this.chart, false);
  }

  /// The file's events, and those that the stream brought while the file was being fetched.
  mergeEvents(run, events) {
    const listed = new Set(events.map((event) => event.id));
    const newer = this.events.filter((event) => event.run === run && !listed.has(event.id));
    this.events = [...events.filter(isMarked).map((event) => ({...event, run})), ...newer];
  }

  addEvent(event) {
    if (event.run !== state.current?.id || !isMarked(event)) return;
    if (!this.events.some((one) => one.id === event.id)) this.events.push(event);
    if (event.command === "rewind") this.load();  // what came after that step is gone
    else if (String(event.id).startsWith("clock-")) return;  // a tick, drawn with the next whole picture
    else this.redraw();
  }

  settingsChanged(changes) {
    if (["run", "overlay", "x"].some((key) => key in changes)) return this.load();
    if (!("from" in changes || "to" in changes)) return this.redraw();
    if (this.options.calm) {  // follows when the plot under the reader's hand is done
      this.follow ??= setTimeout(() => { this.follow = null; this.load(true); }, 150);
      return;
    }
    // With the points of the new range; where they take long, first with those that are there.
    const meanwhile = setTimeout(() => this.draw(), 40);
    this.load(true).then(() => clearTimeout(meanwhile));
  }

  datasets() {
    const strength = Number(state.settings.smooth);
    const sets = [];
    let index = 0;
    this.tails = [];
    for (const [name, series] of this.series) {
      const rows = series.rows.filter((row) => row[3] !== null);
      const axis = axisOf(state.settings.x, this.seconds.get(series.run)?.rows, this.started.get(series.run));
      const run = this.runs().indexOf(series.run);
      const hue = color(`--series-${index % 8}`);
      const label = this.runs().length > 1 ? `${series.run} ${series.key}` : series.key;
      // Evaluations are few and far between: they stand as dots and are not smoothed.
      const sparse = rows.length === 1 || (rows.length > 0 && rows.length < 60 && rows.at(-1)[0] - rows[0][0] > 2 * rows.length);
      const envelope = rows.flatMap((row) => row[1] === row[2]
        ? [{x: axis(row[0]), y: row[3]}] : [{x: axis(row[0]), y: row[1]}, {x: axis(row[0]), y: row[2]}]);
      const smoothed = sparse ? rows.map((row) => row[3]) : smooth(rows, strength);
      const raw = sparse || !(strength > 0) ? null : {data: envelope, borderColor: hue + "55", borderWidth: 1, raw: true, label: `${label} (raw)`};
      const line = {
        data: rows.map((row, i) => ({x: axis(row[0]), y: smoothed[i], step: row[0], rawValue: row[3]})),
        borderColor: hue, backgroundColor: hue, borderWidth: Number(color("--line-width")) || 2, label,
        borderDash: dashes[Math.max(0, run) % dashes.length], pointRadius: sparse ? 3 : 0, order: sparse ? -1 : 0, clip: sparse ? 5 : undefined, name,
      };
      sets.push(...[raw, line].filter(Boolean));
      this.tails.push(new Tail(series, axis, raw, line, sparse ? 0 : strength));
      ++index;
    }
    const axis = axisOf(state.settings.x, this.seconds.get(state.current?.id)?.rows, this.started.get(state.current?.id));
    for (const {label, points} of sets.length ? this.options.curves?.() ?? [] : []) {
      sets.push({label, borderColor: color("--muted"), borderDash: [6, 4], borderWidth: 1.5,
        data: points.map(([step, value]) => ({x: axis(step), y: value, step, rawValue: value}))});
    }
    return sets;
  }

  draw(always = false) {
    if (document.hidden || this.destroyed || !this.answered || !this.canvas.isConnected || (this.filled && !this.inSight && !always)) return;
    const datasets = this.datasets();
    const empty = !datasets.some((one) => one.data.length);
    // What a run does not measure it writes as zeros: no plot of nothing.
    this.element.hidden = !empty && Boolean(this.options.measured) && !datasets.some((one) => one.data.some((point) => point.y !== 0));
    this.message.hidden = !empty;
    this.filled = !empty;
    this.resetButton.hidden = state.settings.from === "" && state.settings.to === "";
    this.grown = false;
    if (!this.chart && empty) return;
    const chart = this.chart ?? chartPlan(() => this.tails);
    chart.data.datasets = datasets;
    this.applyOptions(chart);
    if (this.chart) {
      chart.update("none");
    } else {
      this.chart = new window.Chart(this.canvas, chart);
      listenForZoom(this);
    }
    if (this.details.open) this.fillTable(datasets);
  }

  /// Where the axis ends: that of a run that goes on with some room, else with the last point.
  room(chart) {
    const runs = this.runs().map((id) => state.runs.get(id));
    const ends = chart.data.datasets.filter((one) => one.data.length);
    if (!ends.length) return undefined;
    const first = Math.min(...ends.map((one) => one.data[0].x)), last = Math.max(...ends.map((one) => one.data.at(-1).x));
    if (!runs.some(isActive)) return last > first ? last : undefined;
    const unit = state.settings.x === "wall" ? 1000 : 1, end = state.settings.x === "step" ? Math.max(...runs.map((run) => run?.steps || 0)) : Infinity;
    return unit * roomFor(first / unit, last / unit, end);
  }

  applyOptions(chart) {
    const {x, y} = chart.options.scales;
    x.type = state.settings.logx ? "logarithmic" : "linear";
    y.type = (state.settings.logy || this.options.logarithmic) ? "logarithmic" : "linear";
    const {legend, annotations: plugin} = chart.options.plugins;
    legend.display = chart.data.datasets.filter((one) => !one.raw && one.data.length).length > 1;
    const [from, to] = this.range();
    const axis = axisOf(state.settings.x, this.seconds.get(state.current?.id)?.rows, this.started.get(state.current?.id));
    x.min = from === undefined ? undefined : axis(from);
    x.max = to === undefined ? this.room(chart) : axis(to);
    plugin.lines = (this.options.lines?.() ?? []).map((line) => ({color: color("--muted"), ...line}));
    // The clock's own corrections are many and small: a tick each, below.
    plugin.marks = this.events.map((event) => ({x: axis(event.step), label: eventWords(event), small: String(event.id).startsWith("clock-")}));
    plugin.markColor = color("--mark");
    plugin.ground = color("--surface");
    // Lines to cross count when the axis is fitted, so that the goal stays in the picture.
    const values = plugin.lines.filter((line) => !line.far).map((line) => line.value);
    y.min = this.options.fromZero && y.type === "linear" ? 0 : undefined;
    if (values.length && y.type === "logarithmic") y.min = 0.93 * Math.min(...values, ...chart.data.datasets.flatMap((one) => one.data.map((point) => point.y)));
    y.suggestedMin = values.length ? Math.min(...values) : undefined;
  }

  recolor() {
    recolor(this.chart);
    this.draw(true);
  }

  stepAt(x) {
    const points = this.chart.data.datasets.find((one) => !one.raw)?.data ?? [];
    return points.reduce((best, point) => Math.abs(point.x - x) < Math.abs(best.x - x) ? point : best, points[0])?.step ?? 0;
  }

  fillTable(datasets) {
    const shown = datasets.filter((one) => !one.raw);
    fill(this.tableHead, h("th", {scope: "col"}, "step"), shown.map((one) => h("th", {scope: "col"}, one.label)));
    const steps = [...new Set(shown.flatMap((one) => one.data.map((point) => point.step)))].sort((a, b) => b - a).slice(0, 200);
    const values = shown.map((one) => new Map(one.data.map((point) => [point.step, point.rawValue])));
    fill(this.table, steps.map((step) => h("tr", {}, h("th", {scope: "row"}, whole(step)),
      values.map((map) => h("td", {}, map.has(step) ? number(map.get(step)) : "")))));
  }
}
