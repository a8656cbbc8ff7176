// What stands on a plot besides its curves: marks where somebody acted, and lines to cross. A plugin of Chart.js.

/// Words with a rim of the ground's colour, which keeps them apart from what they stand on.
function write(ctx, words, x, y, ground) {
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineWidth = 4;
  ctx.lineJoin = "round";
  ctx.strokeStyle = ground;
  ctx.strokeText(words, x, y);
  ctx.restore();
  ctx.fillText(words, x, y);
}

/// Draws marks (vertical, at a step) and lines (horizontal, at a value) with their words.
export const annotations = {
  id: "annotations",
  afterDatasetsDraw(chart, _, options) {
    const {ctx, chartArea: area, scales: {x, y}} = chart;
    ctx.save();
    ctx.font = chart.options.font?.size ? `${chart.options.font.size}px sans-serif` : "11px sans-serif";
    ctx.beginPath();
    ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    ctx.clip();
    ctx.lineWidth = 1;
    let lastLabel = -Infinity;
    const taken = [];  // where words stand: [left, right, y]
    for (const line of options.lines ?? []) {
      const at = y.getPixelForValue(line.value);
      ctx.strokeStyle = ctx.fillStyle = line.color;
      ctx.setLineDash([3, 4]);
      ctx.beginPath();
      ctx.moveTo(area.left, at);
      ctx.lineTo(area.right, at);
      ctx.stroke();
      ctx.textAlign = "right";
      // Words that would stand on others move to the left.
      const wide = ctx.measureText(line.label).width, tall = parseInt(ctx.font, 10) + 3;
      let right = area.right - 6;
      const clash = () => taken.find(([l, r, y]) => Math.abs(y - at) < tall && l < right + 8 && right - wide < r + 8);
      for (let other = clash(); other; other = clash()) right = other[0] - 10;
      taken.push([right - wide, right, at]);
      write(ctx, line.label, right, at - tall < area.top ? at + tall : at - 4, options.ground);
    }
    ctx.setLineDash([1, 3]);
    ctx.textAlign = "left";
    const marks = (options.marks ?? []).map((mark) => ({...mark, at: x.getPixelForValue(mark.x)})).filter(({at}) => at >= area.left && at <= area.right);
    ctx.strokeStyle = ctx.fillStyle = options.markColor;
    for (const {at, small} of marks) {
      ctx.beginPath();
      ctx.moveTo(at, small ? area.bottom - 10 : area.top);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
    }
    if (area.bottom - area.top > 220) {  // small plots have the lines alone
      for (const {at, small, label} of marks) {
        if (small || at - lastLabel <= 14) continue;
        ctx.save();
        ctx.translate(at + 4, area.top + 4);
        ctx.rotate(Math.PI / 2);
        write(ctx, label, 0, 0, options.ground);
        ctx.restore();
        lastLabel = at;
      }
    }
    ctx.restore();
  },
};
