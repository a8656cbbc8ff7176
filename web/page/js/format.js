// Numbers and times as people read them.

const kilo = ["", "k", "M", "G", "T", "P", "E"];

/// 1234567 -> "1.23 M".
export function count(value) {
  if (!Number.isFinite(value)) return "–";
  let power = 0;
  while (Math.abs(value) >= 1000 && power < kilo.length - 1) {
    value /= 1000;
    ++power;
  }
  const digits = power === 0 ? 0 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toFixed(digits) + (kilo[power] ? "\u00a0" + kilo[power] : "");
}

/// A measured quantity with four significant digits; very small and very large ones in powers of ten: "2.5e-6".
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2).replace(/\.?0*e\+?/, "e");
  return String(Number(value.toPrecision(4)));
}

/// Whole numbers with thin spaces: 12345 -> "12 345".
export function whole(value) {
  if (!Number.isFinite(value)) return "–";
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

export function percent(value, digits = 1) {
  return Number.isFinite(value) ? (100 * value).toFixed(digits) + "\u00a0%" : "–";
}

/// 75 -> "1 min 15 s".
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`;
}

/// A text as it can be shown: what has no picture (an untrained model writes any byte) stands as a replacement sign.
export function readable(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}

/// A token as a reader sees it: white space made visible.
export function tokenText(text) {
  return readable(text).replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥") || "∅";
}
