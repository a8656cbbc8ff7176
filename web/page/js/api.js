// The only module that talks to the server: requests, errors in words, and the event stream.

/// A refusal by the server, with its code ("bad_token", "not_live", ...) and words.
export class ServerError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function token() {
  return sessionStorage.getItem("seedling-token") ?? "";
}

async function refusal(response) {
  const reply = await response.json().catch(() => null);
  const code = reply?.error?.code ?? String(response.status);
  const message = code === "bad_token"
    ? "This page does not have the key to steer. Open the link that the terminal shows (it ends in #token=…)."
    : reply?.error?.message ?? `The server answered ${response.status}.`;
  return new ServerError(response.status, code, message);
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(0, "unreachable", "The server does not answer. Is Seedling still running?");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

export async function get(path, signal) {
  return (await ask(path, {signal, cache: "no-store"})).json();
}

const asked = new Map();  // path -> {at, reply}

/// Parts of the page that ask the same at the same moment share one request.
export function getShared(path) {
  const recent = asked.get(path);
  if (recent && performance.now() - recent.at < 500) return recent.reply;
  const reply = get(path);
  asked.set(path, {at: performance.now(), reply});
  return reply;
}

export async function getText(path, signal) {
  return (await ask(path, {signal, cache: "no-store"})).text();
}

function posting(body, signal) {
  return {
    method: "POST",
    headers: {"Content-Type": "application/json", "X-Seedling-Token": token()},
    body: JSON.stringify(body),
    signal,
  };
}

export async function post(path, body, signal) {
  return (await ask(path, posting(body, signal))).json();
}

/// POSTs and calls onEvent(name, data) for each server-sent event of the reply, until it ends.
export async function postStream(path, body, onEvent, signal) {
  const response = await ask(path, posting(body, signal));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const {value, done} = await reader.read().catch((error) => {
      throw error.name === "AbortError" ? error : new ServerError(0, "unreachable", "The answer broke off: the program is gone.");
    });
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const name = /^event: ?(.*)$/m.exec(block)?.[1] ?? "message";
      const data = [...block.matchAll(/^data: ?(.*)$/gm)].map((match) => match[1]).join("\n");
      if (data) onEvent(name, JSON.parse(data));
    }
  }
}

/// Milliseconds between two pieces of metrics: as rarely as the eye allows, because every time that the page is woken and
/// draws, the training beside it on the same cores stands still for some milliseconds.
const pace = 250;

const patience = 4000;  // milliseconds without a ping until the connection counts as dead

const streamEvents = ["reset", "metrics", "sample", "checkpoint", "intervention", "state", "gap", "ping"];

/// The event stream of the whole page. Hidden pages close it (a browser allows six connections to a server); it is
/// opened again when the page is seen. onStatus("live" | "reconnecting" | "polling").
export class Stream {
  constructor(onEvent, onStatus) {
    this.onEvent = onEvent;
    this.onStatus = onStatus;
    this.source = null;
    this.lastId = "";
    this.heard = 0;
    document.addEventListener("visibilitychange", () => document.hidden ? this.close() : this.open());
    this.watch();
  }

  /// A dead connection is not always noticed by the browser: three missed pings are.
  watch() {
    const left = this.source ? this.heard + patience - performance.now() : patience;
    if (left <= 0) this.reopen();
    setTimeout(() => this.watch(), left > 0 ? left + 50 : patience);
  }

  open() {
    if (this.source || document.hidden) return;
    this.heard = performance.now();
    this.source = new EventSource(`/api/stream?pace=${pace}`);
    for (const name of streamEvents) {
      this.source.addEventListener(name, (event) => {
        this.heard = performance.now();
        if (event.lastEventId) this.lastId = event.lastEventId;
        this.onStatus("live");
        this.onEvent(name, JSON.parse(event.data));
      });
    }
    this.source.onerror = () => {
      // A refusal (503: too many streams) ends an EventSource for good: the page asks, and tries again after a pause.
      if (this.source?.readyState !== EventSource.CLOSED) return this.onStatus("reconnecting");
      this.close();
      get("/api/runs").then((reply) => {
        this.onStatus("polling");
        this.onEvent("reset", reply);
      }, () => this.onStatus("reconnecting"));
      setTimeout(() => this.open(), 2000);
    };
  }

  reopen() {
    this.onStatus("reconnecting");
    this.close();
    this.open();
  }

  close() {
    this.source?.close();
    this.source = null;
  }
}
