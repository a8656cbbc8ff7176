"""A dashboard under test: starts `seedling serve`, speaks to it over raw sockets, makes run folders to look at."""
import json
import os
import random
import re
import select
import socket
import subprocess
import time

from program import SEEDLING, ProgramTest

SECURITY = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Reply:
    def __init__(self, raw):
        self.raw = raw
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if len(lines[0].split(" ")) > 1 else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.lower(), []).append(value.strip())
        if "chunked" in self.headers.get("transfer-encoding", []):
            body = unchunk(body)
        self.body = body

    def header(self, name):
        return self.headers.get(name, [None])[0]

    def json(self):
        def refuse(constant):
            raise ValueError(f"{constant} is not JSON")
        return json.loads(self.body.decode("utf-8"), parse_constant=refuse)

    def code(self):
        return self.json()["error"]["code"]


def unchunk(data):
    body = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        if not size.strip():
            break
        length = int(size, 16)
        if length == 0:
            break
        body += rest[:length]
        data = rest[length + 2:]
    return body


SLOW = float(os.environ.get("SEEDLING_SLOW", "1"))  # how much more time the program may take: sanitizers slow it down


class Stream:
    """One event stream, read as it comes: events are (id, kind, data)."""

    def __init__(self, port, last_id=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        extra = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        self.socket.sendall(f"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{extra}\r\n".encode())
        self.raw, self.body, self.head, self.events = b"", b"", None, []
        self.ended = False

    def read(self, seconds):
        """Reads for so long; returns all events so far."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                break
            data = self.socket.recv(65536)
            if not data:
                self.ended = True
                break
            self.feed(data)
        return self.events

    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds * SLOW
        while time.monotonic() < end:
            self.read(0.05)
            if condition(self.events):
                return True
            if self.ended:
                break
        return False

    def feed(self, data):
        self.raw += data
        if self.head is None:
            head, found, rest = self.raw.partition(b"\r\n\r\n")
            if not found:
                return
            self.head, self.raw = Reply(head + b"\r\n\r\n"), rest
        while True:  # chunks
            size, found, rest = self.raw.partition(b"\r\n")
            if not found or len(rest) < int(size, 16) + 2:
                break
            length = int(size, 16)
            self.body += rest[:length]
            self.raw = rest[length + 2:]
        while b"\n\n" in self.body:
            block, _, self.body = self.body.partition(b"\n\n")
            fields = {}
            for line in block.decode("utf-8").split("\n"):
                name, _, value = line.partition(":")
                fields[name] = value[1:] if value.startswith(" ") else value
            if "data" in fields:
                self.events.append((fields.get("id"), fields.get("event"), json.loads(fields["data"])))

    def of(self, kind):
        return [event for event in self.events if event[1] == kind]

    def close(self):
        self.socket.close()


class DashboardTest(ProgramTest):
    """Each test has a server of its own over the folder `runs`."""

    def setUp(self):
        super().setUp()
        self.runs = self.path("runs")
        os.makedirs(self.runs, exist_ok=True)

    def serve(self, *more):
        self.server = subprocess.Popen([SEEDLING, "serve", "--runs", self.runs, "--port", "0", *map(str, more)],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment,
                                       cwd=self.folder)
        self.addCleanup(self.end)
        self.listen_to(self.server)

    def listen_to(self, process):
        """Reads standard error up to the link."""
        while True:
            line = process.stderr.readline().decode()
            self.assertTrue(line, "the server ended before it printed its link")
            found = re.fullmatch(r"dashboard: http://127\.0\.0\.1:(\d+)/#token=([0-9a-f]{32})\n", line)
            if found:
                break
        self.port, self.token = int(found[1]), found[2]

    def end(self):
        if self.server.poll() is None:
            self.server.terminate()
            try:
                self.server.wait(60)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        self.server.stdout.close()
        self.server.stderr.close()

    def raw(self, data, timeout=20, pause=None):
        """Sends bytes, returns everything that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout * SLOW) as connection:
            try:
                connection.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = b""
            while True:
                try:
                    part = connection.recv(65536)
                except ConnectionResetError:
                    break
                if not part:
                    break
                answer += part
        return Reply(answer)

    def get(self, path, headers=""):
        return self.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{headers}\r\n".encode())

    def post(self, path, body, token=True, headers="Content-Type: application/json\r\n"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        secret = f"X-Seedling-Token: {self.token}\r\n" if token else ""
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{secret}{headers}Content-Length: {len(data)}\r\n\r\n"
        return self.raw(head.encode() + data)

    def make_run(self, name, steps, seed=1, extra=None):
        folder = os.path.join(self.runs, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "run.json"), "w", encoding="utf-8") as file:
            json.dump({"command": "pretrain", "plan": {"steps": steps}}, file)
        choose = random.Random(seed)
        with open(os.path.join(folder, "metrics.jsonl"), "w", encoding="utf-8") as file:
            for step in range(1, steps + 1):
                line = {"step": step, "tokens": step * 768, "seconds": step * 0.01, "loss": 3 / step ** 0.1 + choose.random(),
                        "learning_rate": 1e-3, "grad_norm": choose.random(), "tokens_per_second": 76800.0, "mfu": 0.5}
                if extra:
                    line.update(extra(step))
                file.write(json.dumps(line) + "\n")
        return folder

    def start_tiny_run(self, steps=100000, **flags):
        """A real training of a tiny model, started over HTTP."""
        body = {"command": "pretrain", "data": self.data, "tokenizer": "char", "preset": "nano", "layers": 2, "heads": 2,
                "channels": 32, "context-length": 16, "batch-size": 4, "steps": steps, "threads": 1, "recipe": "classic",
                "precision": "fp32", "eval-every": 50, "sample-every": 50, "checkpoint-every": 50, **flags}
        reply = self.post("/api/runs", body)
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json()["id"]

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds * SLOW
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        self.fail("waited in vain")

    def run_of(self, name):
        return self.get(f"/api/runs/{name}").json()

    def threads_and_files(self):
        base = f"/proc/{self.server.pid}"
        return len(os.listdir(f"{base}/task")), len(os.listdir(f"{base}/fd"))
