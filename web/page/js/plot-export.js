// A plot to take away: its rows as CSV, its picture as PNG.
import {h} from "./dom.js";
import {color} from "./plot-chart.js";
import {toCsv} from "./series.js";

export function saveCsv({options, series}) {
  const rows = [...series.values()].flatMap((one) => one.rows.map((row) => [one.run, one.key, ...row]));
  download(`${options.key}.csv`, new Blob([toCsv(["run", "key", "step", "min", "max", "last"], rows)], {type: "text/csv"}));
}

/// On the ground of the theme: a canvas by itself is transparent.
export function savePng({options, canvas}) {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  context.fillStyle = color("--surface");
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => download(`${options.key}.png`, blob));
}

function download(name, blob) {
  const link = h("a", {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
