// Building the page: elements made of names, properties and children; text is always textContent, never markup.

/// h("button", {class: "primary", onclick: act, disabled: true}, "Pause", child...) -> element.
/// Properties starting with "on" are listeners, `data` is a table of data attributes, false and null leave one out.
export function h(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.classList.add(...classes);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.classList.add(...String(value).split(" ").filter(Boolean));
    else if (key === "data") Object.assign(element.dataset, value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/// Replaces all children.
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/// Sets a text that changes often: the node stays, and equal words are not set again.
export function write(element, words) {
  if (element.firstChild?.nodeType !== Node.TEXT_NODE || element.childNodes.length > 1) element.textContent = words;
  else if (element.firstChild.data !== words) element.firstChild.data = words;
}

/// An SVG element, by the same rules.
export function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  append(element, children);
  return element;
}

/// True where keys are typed rather than commanded.
export function isTyping(target) {
  return target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) && target.type !== "range");
}

/// Calls `act` at most once in `milliseconds`, always with the latest arguments.
export function throttled(act, milliseconds) {
  let timer = null, waiting = null, last = -Infinity;
  return (...args) => {
    const now = performance.now();
    if (now - last >= milliseconds) {
      last = now;
      act(...args);
      return;
    }
    waiting = args;
    timer ??= setTimeout(() => {
      timer = null;
      last = performance.now();
      act(...waiting);
    }, milliseconds - (now - last));
  };
}

/// Calls `act` once the next frame is on the screen.
export function afterFrame(act) {
  requestAnimationFrame(() => setTimeout(act));
}
