"""The seedling program as a person would use it: helpers of the integration tests (standard library only).

The binary is $SEEDLING. Every test works in a folder of its own, with a small text and a model that trains in seconds.
"""
import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

SEEDLING = os.environ.get("SEEDLING", "build/seedling")

# Fields of metrics.jsonl that measure time: they differ from run to run by nature.
TIMES = ("seconds", "tokens_per_second", "mfu")

TINY = ["--tokenizer", "char", "--preset", "nano", "--layers", "2", "--heads", "2", "--channels", "32",
        "--context-length", "16", "--batch-size", "4", "--precision", "fp32", "--threads", "2"]


def small_text(words=6000, seed=1):
    """Sentences of a few words that follow one another by simple rules: something a tiny model can learn."""
    choose = random.Random(seed)
    nouns, verbs, places = ["cat", "dog", "bird", "fox"], ["saw", "met", "fed"], ["hill", "lake", "barn"]
    lines = []
    while sum(len(line.split()) for line in lines) < words:
        noun = choose.choice(nouns)
        lines.append(f"the {noun} {choose.choice(verbs)} the {choose.choice(nouns)} by the {choose.choice(places)}.")
    return "\n".join(lines) + "\n"


def sha(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def metrics_without_times(run):
    return [json.dumps({k: v for k, v in line.items() if k not in TIMES}) for line in lines(f"{run}/metrics.jsonl")]


def model_of(run, name="latest"):
    return sha(f"{run}/checkpoints/{name}/model.safetensors")


class ProgramTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="seedling-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.path("text.txt")
        with open(self.data, "w", encoding="utf-8") as file:
            file.write(small_text())
        self.environment = dict(os.environ, XDG_CACHE_HOME=self.path("cache"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_program(self, *arguments, timeout=120, **more):
        return subprocess.run([SEEDLING, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                              env=self.environment, cwd=self.folder, **more)

    def start(self, *arguments):
        return subprocess.Popen([SEEDLING, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=self.environment, cwd=self.folder)

    def pretrain_arguments(self, run, *more):
        return ["pretrain", "--data", self.data, *TINY, "--recipe", "classic", "--out", self.path(run), "--json", *more]

    def pretrain(self, run, *more):
        """Trains; fails the test unless it succeeds. Returns the JSON result."""
        done = self.run_program(*self.pretrain_arguments(run, *more))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])

    def refused(self, code, *arguments, mentions=()):
        """The program must fail with this exit code and one message that mentions all of these."""
        done = self.run_program(*arguments)
        message = done.stderr.strip()
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{message}")
        complaint = [line for line in message.splitlines() if line.startswith("seedling: ")]
        self.assertEqual(len(complaint), 1, message)
        for word in mentions:
            self.assertIn(word, complaint[0])
        return complaint[0]
