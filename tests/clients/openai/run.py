"""The official `openai` npm client against a real model: trains a tiny one, serves it, installs the client in a folder that
goes away afterwards, runs check.mjs. Needs npm and its registry; run by hand:  SEEDLING=build/seedling python3 run.py
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "integration"))

from dashboard import DashboardTest  # noqa: E402

CLIENT = "openai@6.49.0"


class OpenAi(DashboardTest):
    def test_the_official_client(self):
        if shutil.which("npm") is None:
            self.skipTest("npm is missing")
        self.pretrain("runs/tiny", "--steps", "120", "--eval-every", "60", "--checkpoint-every", "60")
        self.serve()
        place = self.path("client")
        os.makedirs(place)
        shutil.copy(os.path.join(HERE, "check.mjs"), place)
        subprocess.run(["npm", "install", "--prefix", place, "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", CLIENT],
                       check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run(["node", os.path.join(place, "check.mjs"), f"http://127.0.0.1:{self.port}", "tiny"],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    import unittest
    unittest.main()
