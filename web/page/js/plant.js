// A run as a plant: a seed has seen nothing; tokens make it tall, parameters make it broad, and a fine-tuned model blossoms.
import {svg} from "./dom.js";

/// Height of a plant by the tokens it has seen: each tenfold adds as much.
export function height(tokens) {
  return tokens > 0 ? Math.min(150, 14 + 21 * Math.max(0, Math.log10(tokens) - 2)) : 0;
}

/// Half the width of its lowest leaves by the number of parameters, the same way.
function breadth(parameters) {
  return parameters > 0 ? Math.min(38, Math.max(12, 8 + 5.5 * (Math.log10(parameters) - 3))) : 22;
}

/// The plant that stands at (x, ground), as SVG elements.
export function plant(x, ground, {tokens, parameters, blossoms = false}) {
  const tall = height(tokens), broad = breadth(parameters);
  if (tall === 0) return [svg("ellipse", {cx: x, cy: ground + 5, rx: 7, ry: 5, class: "seed"})];
  const parts = [svg("path", {d: `M${x} ${ground}C${x - 4} ${ground - tall / 2} ${x + 4} ${ground - tall / 2} ${x} ${ground - tall}`, class: "stem"})];
  const pairs = Math.max(1, Math.round(tall / 26));
  for (let i = 0; i < pairs; ++i) {
    const y = ground - tall * (i + 1) / pairs, wide = Math.min(tall, broad * (0.4 + 0.6 * (1 - i / (pairs + 1)))), high = 0.55 * Math.min(wide, 24);
    parts.push(svg("path", {d: `M${x} ${y + 8}q${-wide} 0 ${-wide} ${-high}q${wide} 0 ${wide} ${high}Z`, class: "leaf"}));
    parts.push(svg("path", {d: `M${x} ${y + 8}q${wide} 0 ${wide} ${-high}q${-wide} 0 ${-wide} ${high}Z`, class: "leaf light"}));
  }
  if (!blossoms) return parts;
  for (let petal = 0; petal < 5; ++petal) {
    const angle = 2 * Math.PI * petal / 5;
    parts.push(svg("circle", {cx: x + 7 * Math.sin(angle), cy: ground - tall - 4 - 7 * Math.cos(angle), r: 5.5, class: "blossom"}));
  }
  parts.push(svg("circle", {cx: x, cy: ground - tall - 4, r: 4.5, class: "seed"}));
  return parts;
}
