// The Chart.js chart of a plot: its options, and its colours, which are those of the page's theme.
import {number, whole} from "./format.js";
import {annotations} from "./plot-annotations.js";
import {tails} from "./plot-growth.js";
import {axisWords, valueWords} from "./plot-words.js";

let colors = new Map();  // asking for a computed style makes the browser lay out the page: once a theme is enough

/// A property of the theme ("--grid").
export function color(name) {
  if (!colors.has(name)) colors.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return colors.get(name);
}

/// Of the legend, each with a piece of its line, dashed as the line is.
function generateLabels(chart) {
  return window.Chart.defaults.plugins.legend.labels.generateLabels(chart)
    .map((one) => ({...one, lineDash: chart.data.datasets[one.datasetIndex].borderDash ?? []}));
}

/// A chart to be, as Chart.js takes it: whole before it is made, because each change is a layout. `newTails` gives the ends of
/// curves to draw upon it (plot-growth.js).
export function chartPlan(newTails) {
  const plan = {
    type: "line",
    data: {datasets: []},
    plugins: [annotations, tails],
    options: {
      animation: false, parsing: false, normalized: true, maintainAspectRatio: false, responsive: true,
      elements: {point: {radius: 0, hitRadius: 0}, line: {tension: 0}},
      interaction: {mode: "nearest", axis: "x", intersect: false},
      scales: {
        x: {ticks: {maxRotation: 0, autoSkipPadding: 24, callback: (value) => axisWords(value)}, grid: {}},
        y: {ticks: {callback(value) { return valueWords(value, this.type); }}, grid: {}},
      },
      plugins: {
        legend: {
          display: false, align: "start", onClick: null,
          labels: {usePointStyle: true, pointStyle: "line", pointStyleWidth: 28, boxHeight: 8, generateLabels, sort: (a, b) => a.datasetIndex - b.datasetIndex, boxWidth: 28, filter: ({datasetIndex}, {datasets}) => !datasets[datasetIndex].raw && datasets[datasetIndex].data.length},
        },
        annotations: {},
        tails: {},
        tooltip: {
          filter: (item) => !item.dataset.raw,
          callbacks: {
            title: (items) => items.length ? `step ${whole(items[0].raw.step)}` : "",
            label: ({dataset, raw}) => raw.y === raw.rawValue ? `${dataset.label}: ${number(raw.y)}`
              : `${dataset.label}: ${number(raw.rawValue)} (smoothed ${number(raw.y)})`,
          },
        },
      },
    },
  };
  plan.options.plugins.tails.list = newTails;
  recolor(plan);
  return plan;
}

/// Gives a chart, or the plan of one, the colours and sizes of the present theme.
export function recolor(chart) {
  colors = new Map();
  const {options} = chart;
  const size = Number(color("--plot-font")) || 12;
  for (const scale of [options.scales.x, options.scales.y]) {
    scale.ticks.color = color("--muted");
    scale.ticks.font = {size};
    scale.grid.color = color("--grid");
    scale.grid.borderColor = color("--grid");
  }
  options.font = {size};
  options.plugins.legend.labels.color = color("--muted");
  options.plugins.legend.labels.font = {size};
}
