"""seedling pretrain from text to checkpoint: what it writes, what it reports, what it refuses."""
import json
import math
import os
import subprocess
import unittest

from program import TINY, ProgramTest, lines, model_of, small_text


class Pretrain(ProgramTest):
    def test_learns_and_writes_what_the_contract_says(self):
        result = self.pretrain("run", "--steps", "60", "--eval-every", "20", "--sample-every", "20", "--seed", "2")
        for key in ("run", "steps", "tokens", "train_loss", "val_loss", "bits_per_byte", "seconds", "tokens_per_second",
                    "parameters", "checkpoint"):
            self.assertIn(key, result)
        self.assertEqual(result["steps"], 60)
        self.assertEqual(result["tokens"], 60 * 4 * 16)
        self.assertTrue(os.path.isdir(result["checkpoint"]))
        metrics = lines(self.path("run/metrics.jsonl"))
        self.assertEqual([line["step"] for line in metrics], list(range(1, 61)))
        for line in metrics:
            for key in ("step", "tokens", "seconds", "loss", "learning_rate", "grad_norm", "tokens_per_second", "mfu"):
                self.assertIsInstance(line[key], (int, float))
        self.assertEqual([line["step"] for line in metrics if "val_loss" in line], [20, 40, 60])
        self.assertLess(metrics[-1]["val_loss"], metrics[0]["loss"] - 0.5)
        self.assertEqual([line["step"] for line in lines(self.path("run/samples.jsonl"))], [0, 20, 40, 60])
        with open(self.path("run/run.json"), encoding="utf-8") as file:
            run = json.load(file)
        self.assertEqual(run["seed"], 2)
        self.assertEqual(len(run["data"]["sha256"]), 64)
        for key in ("flags", "plan", "code_version", "machine", "rivals"):
            self.assertIn(key, run)
        for link in ("latest", "best"):
            self.assertTrue(os.path.islink(self.path(f"run/checkpoints/{link}")))

    def test_evaluate_repeats_the_validation_loss(self):
        result = self.pretrain("run", "--steps", "30", "--eval-every", "10")
        with open(self.data, encoding="utf-8") as file:
            text = file.read()
        tail = text[len(text) * 9 // 10:]
        with open(self.path("tail.txt"), "w", encoding="utf-8") as file:
            file.write(tail)
        done = self.run_program("evaluate", "--model", self.path("run"), "--data", self.path("tail.txt"), "--json",
                                "--precision", "fp32")
        self.assertEqual(done.returncode, 0, done.stderr)
        score = json.loads(done.stdout)
        self.assertEqual(score["tokens"], len(tail) - 1)
        self.assertAlmostEqual(score["val_loss"], result["val_loss"], places=4)
        self.assertAlmostEqual(score["perplexity"], math.exp(score["val_loss"]), places=4)

    def test_accumulation_equals_the_big_batch(self):
        steps = ["--steps", "12", "--eval-every", "12"]
        big = self.pretrain("big", *steps, "--batch-size", "8")
        for passes in (2, 4):
            name = f"passes{passes}"
            small = self.pretrain(name, *steps, "--batch-size", 8 // passes, "--grad-accumulation", passes)
            self.assertEqual(big["tokens"], small["tokens"])
            self.assertAlmostEqual(big["val_loss"], small["val_loss"], places=4)
            for one, other in zip(lines(self.path("big/metrics.jsonl")), lines(self.path(f"{name}/metrics.jsonl"))):
                self.assertAlmostEqual(one["loss"], other["loss"], places=4)

    def test_masked_models_learn(self):
        done = self.run_program("pretrain", "--data", self.data, "--objective", "masked", "--preset", "bert-tiny",
                                "--tokenizer", "char", "--context-length", "32", "--batch-size", "8", "--steps", "80",
                                "--out", self.path("run"), "--json", "--precision", "fp32")
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertLess(result["val_loss"], lines(self.path("run/metrics.jsonl"))[0]["loss"] - 0.3)
        self.assertIn("val_accuracy", result)

    def test_a_run_that_diverges_stops_and_keeps_its_last_good_checkpoint(self):
        done = self.run_program(*self.pretrain_arguments("run", "--steps", "200", "--learning-rate", "1e12",
                                                         "--warmup-steps", "0", "--grad-clip", "0",
                                                         "--checkpoint-every", "1"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("learning rate", done.stderr)
        self.assertIn("checkpoint", done.stderr)

    def test_divergence_names_the_checkpoint_and_leaves_it(self):
        self.pretrain("run", "--steps", "20")
        before = model_of(self.path("run"))
        done = self.run_program("pretrain", "--resume", "--out", self.path("run"), "--steps", "200", "--learning-rate",
                                "1e20", "--schedule", "constant", "--warmup-steps", "0")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("step-000020", done.stderr)
        self.assertEqual(before, model_of(self.path("run")))

    def test_a_text_read_many_times_is_read_with_dropout(self):
        def planned(run, *more):
            done = self.run_program("pretrain", "--data", self.data, *TINY, "--recipe", "fast", "--out", self.path(run), *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(self.path(f"{run}/run.json"), encoding="utf-8") as file:
                return json.load(file)["plan"]["dropout"]
        with open(self.data, "w", encoding="utf-8") as file:
            file.write(small_text(words=300))
        self.assertEqual(planned("once", "--epochs", "1"), 0)
        self.assertEqual(planned("often", "--epochs", "5"), 0.1)
        self.assertEqual(planned("by-hand", "--epochs", "5", "--dropout", "0"), 0)

    def test_early_stop(self):
        result = self.pretrain("run", "--steps", "400", "--eval-every", "5", "--early-stop", "2", "--learning-rate", "0")
        self.assertEqual(result["state"], "stopped")
        self.assertEqual(result["steps"], 15)

    def test_minutes_end_on_time(self):
        result = self.pretrain("run", "--minutes", "0.1")
        self.assertGreater(result["seconds"], 3.0)
        self.assertLess(result["seconds"], 12.0)
        with open(self.path("run/run.json"), encoding="utf-8") as file:
            run = json.load(file)
        self.assertIn("formula", run["autopilot"]["prediction"])
        self.assertIn("steps", run["plan"])

    def test_keep(self):
        self.pretrain("run", "--steps", "40", "--checkpoint-every", "2", "--keep", "2", "--eval-every", "40")
        names = [name for name in os.listdir(self.path("run/checkpoints")) if name.startswith("step-")]
        self.assertEqual(sorted(names), ["step-000036", "step-000038", "step-000040"])

    def test_config_file(self):
        with open(self.path("config.json"), "w", encoding="utf-8") as file:
            json.dump({"steps": 5, "batch-size": 2, "json": True, "seed": 7}, file)
        done = self.run_program("pretrain", "--config", self.path("config.json"), "--data", self.data, "--preset", "nano",
                                "--batch-size", "3", "--out", self.path("run"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["tokens"], 5 * 3 * 64)


class BadInput(ProgramTest):
    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def refuse_data(self, path, *mentions):
        return self.refused(1, "pretrain", "--data", path, "--preset", "nano", "--out", self.path("out"), mentions=mentions)

    def test_text(self):
        self.refuse_data(self.write("bad.txt", b"good line\nbad \xff\xfe line\n" * 50), "bad.txt", "UTF-8")
        self.refuse_data(self.write("empty.txt", b""), "empty.txt")
        self.refuse_data(self.path("missing.txt"), "missing.txt")
        os.mkdir(self.path("folder"))
        self.refuse_data(self.path("folder"), "folder")
        self.write("folder/image.png", bytes(range(256)) * 10)
        self.refuse_data(self.path("folder"), "folder")
        self.assertFalse(os.path.exists(self.path("out/run.json")))

    def test_flags(self):
        self.refused(2, "pretrain", "--stepps", "5", mentions=["--stepps", "--steps"])
        self.refused(2, "pretrian", mentions=["pretrain"])
        self.refused(2, "pretrain", "--preset", "nanno", mentions=["nano"])
        self.refused(2, "pretrain", "--steps", "many", mentions=["steps"])
        self.refused(2, "pretrain", "--steps", "0", mentions=["steps"])
        self.refused(2, "pretrain", "--dropout", "1.5", mentions=["dropout"])
        self.refused(2, "pretrain", "--resume", mentions=["--out"])
        self.refused(2, *self.pretrain_arguments("run", "--steps", "5", "--minutes", "1"), mentions=["--minutes"])
        self.refused(2, "pretrain", "--precision", "fp16")
        self.refused(2, "evaluate", "--data", self.data, mentions=["--model"])
        config = self.write("config.json", b'{"batchsize": 3}')
        self.refused(2, "pretrain", "--config", config, mentions=["config.json", "batchsize", "batch-size"])
        self.refused(1, "pretrain", "--config", self.write("broken.json", b'{"steps": 3,,}'), mentions=["broken.json"])
        self.refused(1, "pretrain", "--config", self.path("none.json"), mentions=["none.json"])

    def test_sizes(self):
        self.refused(2, *self.pretrain_arguments("run", "--heads", "5"), mentions=["5", "32"])
        short = self.write("short.txt", b"only a few words here\n")
        message = self.refused(2, "pretrain", "--data", short, "--preset", "nano", "--context-length", "512",
                               "--tokenizer", "char", "--out", self.path("run"), mentions=["context"])
        self.assertIn("tokens", message)

    def test_a_run_that_exists_is_left_alone(self):
        self.pretrain("run", "--steps", "5")
        before = model_of(self.path("run"))
        self.refused(1, *self.pretrain_arguments("run", "--steps", "5"), mentions=["--resume"])
        self.assertEqual(before, model_of(self.path("run")))

    def test_resume_refuses_another_shape_seed_or_text(self):
        self.pretrain("run", "--steps", "5")
        self.refused(2, *self.pretrain_arguments("run", "--resume", "--layers", "3"), mentions=["layers"])
        self.refused(2, *self.pretrain_arguments("run", "--resume", "--seed", "9"), mentions=["seed"])
        with open(self.data, "a", encoding="utf-8") as file:
            file.write("another line of text.\n")
        self.refused(1, *self.pretrain_arguments("run", "--resume", "--steps", "9"), mentions=["changed"])

    def test_damaged_checkpoints(self):
        self.pretrain("run", "--steps", "5")
        model = os.path.realpath(self.path("run/checkpoints/latest/model.safetensors"))
        with open(model, "rb") as file:
            good = file.read()
        evaluate = ["evaluate", "--model", self.path("run"), "--data", self.data]
        for name, bad in (("truncated", good[:len(good) // 2]), ("empty", b""), ("header", b"\xff" * 8 + good[8:]),
                          ("flipped", good[:20] + bytes([good[20] ^ 0x10]) + good[21:])):
            with self.subTest(name):
                with open(model, "wb") as file:
                    file.write(bad)
                self.refused(1, *evaluate, mentions=["model.safetensors"])
        with open(model, "wb") as file:
            file.write(good)
        state = os.path.realpath(self.path("run/checkpoints/latest/trainer_state.json"))
        with open(state, "w", encoding="utf-8") as file:
            file.write('{"step": 5')
        self.refused(1, *self.pretrain_arguments("run", "--resume", "--steps", "9"), mentions=["trainer_state.json"])

    def test_impossible_directory(self):
        self.refused(1, *self.pretrain_arguments("n" * 300, "--steps", "5"), mentions=["too long", "Name a place"])

    def test_unwritable_directory(self):
        if os.geteuid() == 0:  # root writes everywhere but below a file
            self.refused(1, *self.pretrain_arguments("text.txt/run", "--steps", "5"), mentions=["text.txt"])
            return
        os.mkdir(self.path("locked"))
        os.chmod(self.path("locked"), 0o500)
        self.refused(1, *self.pretrain_arguments("locked/run", "--steps", "5"), mentions=["locked"])

    def test_full_disk_keeps_the_last_checkpoint(self):
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small file system can only be mounted by root")
        try:
            done = self.run_program(*self.pretrain_arguments("disk/run", "--steps", "200", "--checkpoint-every", "5",
                                                             "--keep", "100"))
            self.assertEqual(done.returncode, 1, done.stderr)
            complaint = [line for line in done.stderr.splitlines() if line.startswith("seedling: ")]
            self.assertEqual(len(complaint), 1, done.stderr)
            self.assertRegex(complaint[0], "(?i)space|full")
            score = self.run_program("evaluate", "--model", self.path("disk/run"), "--data", self.data, "--json")
            self.assertEqual(score.returncode, 0, score.stderr)
        finally:
            subprocess.run(["umount", disk], check=True)


if __name__ == "__main__":
    unittest.main()
