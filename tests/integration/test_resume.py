"""A run that is killed, stopped or steered goes on exactly as the run that never was."""
import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from program import ProgramTest, lines, metrics_without_times, model_of

STEPS = ["--steps", "120", "--eval-every", "20", "--sample-every", "30", "--checkpoint-every", "7", "--dropout", "0.1",
         "--warmup-steps", "10"]
KILLS = int(os.environ.get("SEEDLING_KILLS", "8"))


class Resume(ProgramTest):
    def kill_and_resume(self, run, delays, *more):
        """Kills the run after each delay, then lets it finish."""
        for delay in delays:
            process = self.start(*self.pretrain_arguments(run, *STEPS, *more, "--resume"))
            try:
                process.communicate(timeout=delay)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
        return self.pretrain(run, *STEPS, *more, "--resume")

    def compare_after_kills(self, *more):
        begin = time.monotonic()
        self.pretrain("whole", *STEPS, *more)
        duration = time.monotonic() - begin
        choose = random.Random(5)
        delays = [choose.uniform(0.02, 1.1 * duration) for _ in range(KILLS)]
        self.kill_and_resume("killed", delays, *more)
        self.assertEqual(model_of(self.path("whole")), model_of(self.path("killed")))
        self.assertEqual(metrics_without_times(self.path("whole")), metrics_without_times(self.path("killed")))
        self.assertEqual(lines(self.path("whole/samples.jsonl")), lines(self.path("killed/samples.jsonl")))

    def test_killed_at_random_moments_adamw(self):
        self.compare_after_kills()

    def test_killed_at_random_moments_muon_llama_accumulated(self):
        self.compare_after_kills("--recipe", "classic", "--arch", "qwen3", "--optimizer", "muon",
                                 "--learning-rate", "0.02", "--grad-accumulation", "2")

    def test_same_seed_same_run_other_seed_other_run(self):
        for name, seed in (("a", 3), ("b", 3), ("c", 4)):
            self.pretrain(name, *STEPS, "--seed", seed)
        self.assertEqual(model_of(self.path("a")), model_of(self.path("b")))
        self.assertEqual(metrics_without_times(self.path("a")), metrics_without_times(self.path("b")))
        self.assertNotEqual(model_of(self.path("a")), model_of(self.path("c")))

    def test_ctrl_c_saves_and_leaves_and_resumes_exactly(self):
        self.pretrain("whole", *STEPS)
        process = self.start(*self.pretrain_arguments("stopped", *STEPS))
        metrics = self.path("stopped/metrics.jsonl")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (os.path.exists(metrics) and os.path.getsize(metrics) > 500):
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("--resume", errors)
        result = json.loads(output.strip().splitlines()[-1])
        self.assertEqual(result["state"], "stopped")
        self.assertLess(result["steps"], 120)
        self.assertEqual(lines(self.path("stopped/events.jsonl"))[-1]["command"], "stop")
        self.pretrain("stopped", *STEPS, "--resume")
        self.assertEqual(model_of(self.path("whole")), model_of(self.path("stopped")))

    def test_interventions_replay_to_the_same_run(self):
        events = [{"id": "a", "command": "set", "step": 13, "arguments": {"learning-rate": 2e-3, "dropout": 0.2}},
                  {"id": "b", "command": "set", "step": 30, "arguments": {"batch-size": 6}},
                  {"id": "c", "command": "rewind", "step": 50, "arguments": {"step": 43}},
                  {"id": "d", "command": "set", "step": 60, "arguments": {"grad-accumulation": 2, "steps": 90}},
                  {"id": "e", "command": "sample", "step": 61, "arguments": {"prompt": "the fox"}}]
        with open(self.path("events.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)
        first = self.pretrain("first", *STEPS, "--replay", self.path("events.jsonl"))
        self.assertEqual(first["steps"], 90)
        done = lines(self.path("first/events.jsonl"))
        self.assertEqual([event["id"] for event in done], ["a", "b", "c", "d", "e"])
        self.assertFalse([event for event in done if "refused" in event])
        self.pretrain("second", *STEPS, "--replay", self.path("first/events.jsonl"))
        self.assertEqual(model_of(self.path("first")), model_of(self.path("second")))
        self.assertEqual(metrics_without_times(self.path("first")), metrics_without_times(self.path("second")))
        self.assertIn("the fox", [line["prompt"] for line in lines(self.path("second/samples.jsonl"))])
        self.kill_and_resume("third", [0.3, 0.4, 0.6], "--replay", self.path("first/events.jsonl"))
        self.assertEqual(model_of(self.path("first")), model_of(self.path("third")))

    def test_resumed_with_more_steps(self):
        self.pretrain("run", *STEPS)
        result = self.pretrain("run", *STEPS[2:], "--steps", "150", "--resume")
        self.assertEqual(result["steps"], 150)
        self.assertEqual([line["step"] for line in lines(self.path("run/metrics.jsonl"))], list(range(1, 151)))

    def test_resumed_for_more_minutes(self):
        self.pretrain("run", "--minutes", "0.05")
        begin = len(lines(self.path("run/metrics.jsonl")))
        again = self.pretrain("run", "--minutes", "0.05", "--resume")  # the same command: it has finished
        self.assertEqual(again["steps"], begin)
        result = self.pretrain("run", "--minutes", "0.15", "--resume")
        self.assertGreater(result["steps"], begin)
        self.assertGreater(result["seconds"], 6.0)
        self.assertLess(result["seconds"], 27.0)  # of nine, on a machine that may have other work
        # Fewer than were trained: refused, and nothing is written down.
        before = open(self.path("run/run.json"), encoding="utf-8").read()
        for flag, value in (("--minutes", "0.02"), ("--steps", "1")):
            self.refused(2, *self.pretrain_arguments("run", flag, value, "--resume"), mentions=[flag[2:], "already past"])
        self.assertEqual(open(self.path("run/run.json"), encoding="utf-8").read(), before)
        # Steps given by hand end the clock, which is long past.
        wanted = result["steps"] + 30
        self.assertEqual(self.pretrain("run", "--steps", str(wanted), "--resume")["steps"], wanted)

    def test_a_forked_run_goes_on_by_itself(self):
        with open(self.path("events.jsonl"), "w", encoding="utf-8") as file:
            file.write(json.dumps({"id": "s", "command": "save", "step": 33}) + "\n")
        self.pretrain("run", *STEPS, "--replay", self.path("events.jsonl"), "--keep", "100")
        self.assertTrue(os.path.isdir(self.path("run/checkpoints/step-000033")))
        shutil.copytree(self.path("run"), self.path("copy"), symlinks=True)
        os.remove(self.path("copy/checkpoints/latest"))
        os.symlink("step-000033", self.path("copy/checkpoints/latest"))
        done = self.run_program("pretrain", "--resume", "--out", self.path("copy"), "--json", "--threads", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(model_of(self.path("run")), model_of(self.path("copy")))


if __name__ == "__main__":
    unittest.main()
