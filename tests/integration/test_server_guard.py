"""What the server refuses, over raw sockets: statuses, codes, headers, closed connections."""
import json
import os
import random
import socket
import subprocess
import time
import unittest

from dashboard import SECURITY, DashboardTest
from program import SEEDLING


class Guard(DashboardTest):
    def setUp(self):
        super().setUp()
        self.serve()

    def check(self, reply, status, code=None):
        self.assertEqual(reply.status, status, reply.raw[:300])
        for name, value in SECURITY.items():
            self.assertEqual(reply.headers.get(name), [value], name)
        self.assertNotIn("access-control-allow-origin", reply.headers)
        self.assertEqual(reply.header("connection"), "close")
        self.assertNotIn(self.token.encode(), reply.raw)
        if code:
            self.assertEqual(reply.code(), code)
            self.assertEqual(reply.header("content-type"), "application/json")

    def head(self, line="GET /api/runs HTTP/1.1", host=None, extra=""):
        host = f"127.0.0.1:{self.port}" if host is None else host
        return f"{line}\r\nHost: {host}\r\n{extra}\r\n".encode()

    def test_plain_requests(self):
        for path in ("/", "/api/runs", "/vendor/chart.js", "/v1/models", "/source/", "/page/js/main.js"):
            self.check(self.get(path), 200)
        self.assertIn(b"Chart.js v3.9", self.get("/vendor/chart.js").body[:200])
        self.assertIn(b"The guard", self.get("/source/web/server/guard.h").body)
        self.assertEqual(self.get("/").header("content-type"), "text/html; charset=utf-8")
        self.assertEqual(self.get("/api/runs").json(), {"runs": []})

    def test_hosts(self):
        for host in (f"localhost:{self.port}", f"[::1]:{self.port}"):
            self.check(self.raw(self.head(host=host)), 200)
        for host in ("evil.example", "127.0.0.1", f"127.0.0.1:{self.port + 1}", f"evil.example:{self.port}", ""):
            self.check(self.raw(self.head(host=host)), 403, "bad_host")
        self.check(self.raw(b"GET / HTTP/1.1\r\n\r\n"), 400, "malformed")
        self.check(self.raw(self.head(extra=f"Host: 127.0.0.1:{self.port}\r\n")), 400, "malformed")

    def test_origins(self):
        own = f"Origin: http://127.0.0.1:{self.port}\r\n"
        self.check(self.raw(self.head(extra=own)), 200)
        for origin in ("http://evil.example", "null", f"https://127.0.0.1:{self.port}"):
            self.check(self.raw(self.head(extra=f"Origin: {origin}\r\n")), 403, "bad_origin")
        self.check(self.raw(self.head(extra=own + own)), 403, "bad_origin")
        for site, status in (("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)):
            self.assertEqual(self.raw(self.head(extra=f"Sec-Fetch-Site: {site}\r\n")).status, status)

    def test_lengths_and_methods(self):
        self.check(self.get("/" + "a" * 256), 414, "uri_too_long")
        self.check(self.get("/" + "a" * 255), 404, "not_found")
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
            self.check(self.raw(self.head(line=f"{method} /api/runs HTTP/1.1")), 405, "method_not_allowed")
        self.check(self.get("/api/tokenize"), 405, "method_not_allowed")
        self.check(self.post("/api/stream", {}), 405, "method_not_allowed")
        self.check(self.post("/", {}), 405, "method_not_allowed")
        self.check(self.get("/nothing"), 404, "not_found")
        many = "".join(f"X-{i}: 1\r\n" for i in range(100))
        self.check(self.raw(self.head(extra=many)), 431, "headers_too_large")
        self.check(self.raw(self.head(extra="X: " + "a" * 70000 + "\r\n")), 431, "headers_too_large")
        endless = b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 50000  # never ends: refused all the same
        self.check(self.raw(endless), 431, "headers_too_large")

    def test_bodies(self):
        self.check(self.post("/api/tokenize", b"x" * 65537), 413, "too_large")
        self.check(self.post("/api/tokenize", {}, headers=""), 415)
        self.check(self.post("/api/tokenize", {}, headers="Content-Type: text/plain\r\n"), 415)
        json_type = "Content-Type: application/json\r\n"
        self.check(self.post("/api/tokenize", {}, headers=json_type + "Content-Encoding: gzip\r\n"), 415)
        self.check(self.post("/api/tokenize", {}, headers=json_type + "Transfer-Encoding: chunked\r\n"), 400, "malformed")
        self.check(self.post("/api/tokenize", {}, headers=json_type + "Content-Length: 2\r\n"), 400, "malformed")
        no_length = f"POST /api/tokenize HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX-Seedling-Token: {self.token}\r\n{json_type}\r\n"
        self.check(self.raw(no_length.encode()), 400, "malformed")
        self.check(self.post("/api/tokenize", b"{"), 400, "malformed")
        self.check(self.post("/api/tokenize", b'{"text": "\xff"}'), 400, "malformed")

    def test_tokens(self):
        body = {"train": {"text": "abc", "kind": "char"}, "text": "abc"}
        self.check(self.post("/api/tokenize", body), 200)
        json_type = "Content-Type: application/json\r\n"
        for headers in ("", "X-Seedling-Token: \r\n", f"X-Seedling-Token: {'0' * 32}\r\n", f"Cookie: token={self.token}\r\n",
                        f"X-Seedling-Token: {self.token}\r\n" * 2):
            self.check(self.post("/api/tokenize", body, token=False, headers=json_type + headers), 403, "bad_token")
        self.check(self.post(f"/api/tokenize?token={self.token}", body, token=False), 403, "bad_token")
        self.check(self.post("/api/tokenize", {**body, "token": self.token}, token=False), 403, "bad_token")
        self.assertEqual(self.post("/v1/completions", {"model": "x"}, token=False).status, 404)  # no token, but no such model

    def test_a_refused_body_is_never_the_next_request(self):
        inner = f"GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n"
        outer = (f"POST /api/tokenize HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(inner)}\r\nConnection: keep-alive\r\n\r\n{inner}")
        reply = self.raw(outer.encode())
        self.assertEqual(reply.status, 403)
        self.assertEqual(reply.raw.count(b"HTTP/1.1"), 1)
        reply = self.raw(self.head() + self.head())  # pipelined
        self.assertEqual(reply.raw.count(b"HTTP/1.1 "), 1)

    def test_the_token_is_nowhere(self):
        with open(f"/proc/{self.server.pid}/cmdline", "rb") as file:
            self.assertNotIn(self.token.encode(), file.read())
        with open(f"/proc/{self.server.pid}/environ", "rb") as file:
            self.assertNotIn(self.token.encode(), file.read())
        for folder, _, files in os.walk(self.folder):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(self.token.encode(), file.read())

    def test_a_second_instance_says_so_and_ends(self):
        again = self.run_program("serve", "--runs", self.runs, "--port", self.port)
        self.assertEqual(again.returncode, 1)
        self.assertIn(str(self.port), again.stderr)
        beside = self.run_program(*self.pretrain_arguments("never", "--steps", "5", "--serve", self.port))
        self.assertEqual(beside.returncode, 1)
        self.assertIn(str(self.port), beside.stderr)
        self.assertFalse(os.path.exists(self.path("never/metrics.jsonl")))
        self.assertEqual(self.get("/api/runs").status, 200)

    def test_beyond_loopback(self):
        """An old library is refused with the reason; a current one asks for the token everywhere, and viewers only look."""
        away = subprocess.Popen([SEEDLING, "serve", "--runs", self.runs, "--port", "0", "--host", "127.0.0.2"],
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(away.stderr.close)
        line = away.stderr.readline()
        if not line.startswith("dashboard:"):
            self.assertEqual(away.wait(), 1)
            self.assertIn("cpp-httplib", line)
            return
        self.addCleanup(away.wait)
        self.addCleanup(away.terminate)
        port, token = line.strip().split(":")[3].split("/#token=")
        viewer = away.stderr.readline().strip().split("/#token=")[1]

        def ask(method, path, secret, body=""):
            with socket.create_connection(("127.0.0.2", int(port))) as connection:
                header = f"X-Seedling-Token: {secret}\r\n" if secret else ""
                length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
                connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.2:{port}\r\n{header}{length}\r\n{body}".encode())
                return int(connection.recv(1000).split(b" ")[1])

        tokenize = '{"train": {"text": "abc", "kind": "char"}, "text": "abc"}'
        self.assertEqual([ask("GET", path, "") for path in ("/", "/api/runs", "/api/stream", "/v1/models")], [200, 403, 403, 403])
        self.assertEqual([ask("GET", "/api/runs", secret) for secret in (token, viewer, "0" * 32)], [200, 200, 403])
        self.assertEqual([ask("POST", "/api/tokenize", secret, tokenize) for secret in (token, viewer, "")], [200, 403, 403])

    def test_slow_clients_hold_nobody_up(self):
        slow = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nHo")
        longest = 0
        for _ in range(20):
            begin = time.monotonic()
            for connection in slow:
                try:
                    connection.sendall(b"s")
                except OSError:
                    pass
            self.assertEqual(self.get("/").status, 200)
            longest = max(longest, time.monotonic() - begin)
        self.assertLess(longest, 1.0)
        time.sleep(11)  # none of them is waited for any longer
        for connection in slow:
            connection.settimeout(5)
            self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 408"))
            connection.close()

    def test_a_burst_of_connections_does_not_stall(self):
        begin = time.monotonic()
        burst = []
        for _ in range(60):
            connection = socket.create_connection(("127.0.0.1", self.port))
            connection.sendall(self.head())
            burst.append(connection)
        for connection in burst:
            self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 200"))
            connection.close()
        self.assertLess(time.monotonic() - begin, 3.0)


class Fuzz(DashboardTest):
    PATHS = ("/api/runs", "/api/runs/r/commands", "/api/tokenize", "/api/generate", "/api/fill", "/api/predict", "/api/inspect",
             "/v1/completions", "/v1/chat/completions")

    def value(self, choose, depth=0):
        leaf = [None, True, 0, -1, 1e308, -1e-308, 2 ** 63, -2 ** 63, 2 ** 64, 0.5, "", "r", "r/latest", "\u0000", "\U0001F600" * 3,
                "pretrain", "pause", "attention", "x" * 300, [], {}]
        if depth < 3 and choose.random() < 0.3:
            return [self.value(choose, depth + 1) for _ in range(choose.randrange(4))]
        if depth < 3 and choose.random() < 0.2:
            return {choose.choice(["role", "content", "text", "a"]): self.value(choose, depth + 1) for _ in range(choose.randrange(3))}
        return choose.choice(leaf)

    def test_no_body_makes_a_500(self):
        self.serve()
        self.make_run("r", 20)
        os.makedirs(os.path.join(self.runs, "r", "checkpoints", "step-000010"))
        choose = random.Random(7)
        keys = ["command", "model", "text", "prompt", "view", "messages", "max-tokens", "max_tokens", "temperature", "top-k", "seed", "stop",
                "layer", "heads_off", "models", "ids", "id", "train", "step", "steps", "resume", "fork", "set", "name", "n", "stream",
                "logprobs", "stream_options", "learning-rate", "input", "context", "masked", "against", "data", "preset"]
        views = ["probabilities", "attention", "embeddings", "neighbours", "logits", "step", "difference", "compare"]
        for _ in range(600):
            path = choose.choice(self.PATHS)
            body = {choose.choice(keys): self.value(choose) for _ in range(choose.randrange(6))}
            if "inspect" in path and choose.random() < 0.8:
                body["view"] = choose.choice(views)
            if choose.random() < 0.5:
                body["model"] = "r"
            data = json.dumps(body).encode()
            if choose.random() < 0.3:  # damaged text
                data = bytearray(data)
                for _ in range(choose.randrange(1, 5)):
                    data[choose.randrange(len(data))] = choose.randrange(256)
                data = bytes(data)
            if path == "/api/runs" and b'"pretrain"' in data:
                continue  # this would really train
            reply = self.post(path, data)
            self.assertIn(reply.status, (200, 201, 202, 400, 404, 409), (path, data, reply.raw[:300]))
            reply.json() if reply.status != 200 else None
        self.assertEqual(self.get("/api/runs").status, 200)

    def test_no_bytes_end_the_server(self):
        self.serve()
        choose = random.Random(8)
        plain = f"POST /api/tokenize HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}".encode()
        for _ in range(300):
            data = bytearray(plain)
            for _ in range(choose.randrange(1, 8)):
                data[choose.randrange(len(data))] = choose.randrange(256)
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(bytes(data))
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65536)
            if answer:
                self.assertIn(int(answer.split(b" ")[1]), (400, 403, 404, 405, 408, 413, 414, 415, 431), (bytes(data), answer[:200]))
        self.assertEqual(self.get("/api/runs").status, 200)


if __name__ == "__main__":
    unittest.main()
