"""seedling finetune, evaluate --task, predict and chat on tiny sets and tiny models: the whole way, and every refusal."""
import json
import os
import random
import shutil
import unittest

from program import ProgramTest, lines, sha

COLOURS = ["red", "blue", "green", "white"]


def write_lines(path, examples):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(example) + "\n" for example in examples)


class Finetune(ProgramTest):
    def setUp(self):
        super().setUp()
        self.base = self.pretrain("base", "--steps", "30", "--context-length", "48")["run"]
        choose = random.Random(1)
        self.labelled = [{"text": f"the {choose.choice(['cat', 'dog'])} {word} the fox",
                          "label": "yes" if word == "fed" else "no"}
                         for word in choose.choices(["fed", "met"], k=120)]
        self.train, self.test = self.path("train.jsonl"), self.path("test.jsonl")
        write_lines(self.train, self.labelled[:100])
        write_lines(self.test, self.labelled[100:])

    def finetune(self, run, *more, base=None):
        done = self.run_program("finetune", "--from", base or self.base, "--out", self.path(run), "--json",
                                "--threads", "2", "--precision", "fp32", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])

    def answer(self, *arguments, **more):
        done = self.run_program(*arguments, "--json", "--precision", "fp32", **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])

    def test_classification_from_examples_to_answers(self):
        result = self.finetune("c", "--task", "classification", "--data", self.train, "--test", self.test,
                               "--steps", "360", "--optimizer", "muon")
        self.assertEqual(result["scores"]["examples"], 20)
        self.assertGreater(result["scores"]["accuracy"], 0.9)
        self.assertEqual(result["scores"]["labels"], ["no", "yes"])
        predictions = self.path("p.jsonl")
        scores = self.answer("evaluate", "--model", self.path("c"), "--task", "classification", "--data", self.test,
                             "--predictions", predictions)
        self.assertAlmostEqual(scores["accuracy"], result["scores"]["accuracy"])
        written = lines(predictions)
        self.assertEqual([line["input"] for line in written], [example["text"] for example in self.labelled[100:]])
        right = sum(line["prediction"] == line["target"] for line in written)
        self.assertAlmostEqual(right / 20, scores["accuracy"])
        answer = self.answer("predict", "--model", self.path("c"), "--input", "the dog fed the fox")
        self.assertAlmostEqual(sum(answer["probabilities"].values()), 1.0, places=5)
        self.assertEqual(answer["label"], max(answer["probabilities"], key=answer["probabilities"].get))
        self.assertEqual(json.load(open(self.path("c/run.json")))["command"], "finetune")

    def test_a_killed_run_resumes_bit_for_bit(self):
        common = ["--task", "classification", "--data", self.train, "--steps", "20", "--checkpoint-every", "5",
                  "--keep", "9", "--early-stop", "0"]
        self.finetune("whole", *common)
        self.finetune("part", *common)
        for name in ("latest", "best"):
            os.unlink(self.path(f"part/checkpoints/{name}"))
        for step in os.listdir(self.path("part/checkpoints")):
            if int(step.split("-")[1]) > 10:
                os.system(f"rm -r {self.path('part/checkpoints')}/{step}")
        self.finetune("part", *common, "--resume")
        self.assertEqual(sha(self.path("whole/checkpoints/step-000020/model.safetensors")),
                         sha(self.path("part/checkpoints/step-000020/model.safetensors")))

    def test_minutes_end_with_the_passes_that_examples_are_worth(self):
        result = self.finetune("c", "--task", "classification", "--data", self.train, "--minutes", "2")
        self.assertLess(result["seconds"], 60)
        self.assertLess(result["epochs"], 41)

    def test_a_run_goes_on_without_being_told_again(self):
        self.finetune("c", "--task", "classification", "--data", self.train, "--steps", "20")
        done = self.run_program("finetune", "--resume", "--out", self.path("c"), "--steps", "30", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["steps"], 30)
        for flag, value in (("--lora", "4"), ("--seed", "9"), ("--layers", "1")):
            self.refused(2, "finetune", "--resume", "--out", self.path("c"), flag, value, mentions=[flag[2:], "run.json"])

    def test_lora_trains_little_and_loads_back(self):
        result = self.finetune("l", "--task", "classification", "--data", self.train, "--test", self.test, "--lora", "4",
                               "--steps", "80", "--learning-rate", "0.01", base=self.qwen())
        self.assertLess(result["trained_parameters"], result["parameters"] / 5)
        names = os.listdir(result["checkpoint"])
        self.assertIn("adapter_model.safetensors", names)
        self.assertNotIn("model.safetensors", names)
        scores = self.answer("evaluate", "--model", self.path("l"), "--task", "classification", "--data", self.test)
        self.assertAlmostEqual(scores["accuracy"], result["scores"]["accuracy"])
        self.answer("export", "--model", self.path("l"), "--format", "hf", "--out", self.path("merged"))
        merged = self.answer("evaluate", "--model", self.path("merged"), "--task", "classification", "--data", self.test)
        self.assertAlmostEqual(merged["val_loss"], scores["val_loss"], places=5)

    def qwen(self):
        return self.pretrain("qwen", "--arch", "qwen3", "--steps", "10", "--context-length", "48")["run"]

    def test_a_text_after_a_text(self):
        examples = [{"source": a + " " + b, "target": b + " " + a} for a in COLOURS for b in COLOURS]
        write_lines(self.path("t.jsonl"), examples * 4)
        result = self.finetune("t", "--task", "translation", "--data", self.path("t.jsonl"), "--test", self.path("t.jsonl"),
                               "--steps", "40", "--learning-rate", "0.005", "--predictions", self.path("p.jsonl"))
        self.assertIn("bleu", result["scores"])
        self.assertEqual(len(lines(self.path("p.jsonl"))), 64)
        self.assertIn("text", self.answer("predict", "--model", self.path("t"), "--input", "red blue"))
        beams = self.answer("evaluate", "--model", self.path("t"), "--task", "translation", "--data",
                            self.path("t.jsonl"), "--beams", "2", "--limit", "4")
        self.assertEqual(beams["examples"], 4)

    def test_dropout_begins_when_examples_are_learned_by_heart(self):
        choose = random.Random(5)
        noise = [{"source": " ".join(choose.choices(COLOURS, k=3)), "target": " ".join(choose.choices(COLOURS, k=4))}
                 for _ in range(60)]
        write_lines(self.path("n.jsonl"), noise)
        common = ["--task", "translation", "--data", self.path("n.jsonl"), "--steps", "600", "--eval-every", "40",
                  "--batch-size", "1", "--optimizer", "muon", "--learning-rate", "0.04", "--checkpoint-every", "40", "--keep", "99"]

        def begun(run):
            return [event for event in lines(self.path(f"{run}/events.jsonl")) if event["id"].startswith("dropout-")]
        self.finetune("n", *common)
        self.assertEqual([event["arguments"] for event in begun("n")], [{"dropout": 0.1}])
        self.finetune("n0", *common, "--dropout", "0")
        self.assertEqual(begun("n0"), [])
        at = begun("n")[0]["step"]
        checkpoints = self.path("n/checkpoints")
        wanted = sha(f"{checkpoints}/step-000600/model.safetensors")
        for name in os.listdir(checkpoints):
            path = f"{checkpoints}/{name}"
            if os.path.islink(path):
                os.unlink(path)
            elif int(name.split("-")[1]) > at:
                shutil.rmtree(path)
        self.finetune("n", *common, "--resume")
        self.assertEqual(sha(f"{checkpoints}/step-000600/model.safetensors"), wanted)
        self.assertEqual([event["step"] for event in begun("n")], [at])

    def test_the_context_grows_where_examples_are_longer(self):
        long = [{"document": " ".join([f"the cat met the {c}."] * 4), "summary": f"the {c}."} for c in COLOURS] * 8
        write_lines(self.path("s.jsonl"), long)
        common = ["--task", "summarization", "--data", self.path("s.jsonl"), "--steps", "4", "--checkpoint-every", "2"]
        whole = self.finetune("s", *common, base=self.qwen())
        self.assertEqual(whole["cut_examples"], 0)
        self.assertEqual(json.load(open(self.path("s/checkpoints/latest/config.json")))["max_position_embeddings"], 128)
        self.finetune("s2", *common, "--keep", "9", base=self.path("qwen"))
        for name in ("latest", "best", "step-000004"):
            path = self.path(f"s2/checkpoints/{name}")
            os.unlink(path) if os.path.islink(path) else shutil.rmtree(path)
        os.symlink("step-000002", self.path("s2/checkpoints/latest"))
        self.finetune("s2", *common, "--resume", base=self.path("qwen"))
        self.assertEqual(sha(self.path("s2/checkpoints/latest/model.safetensors")),
                         sha(self.path("s/checkpoints/latest/model.safetensors")))
        cut = self.finetune("s3", *common, "--context-length", "48", base=self.path("qwen"))
        self.assertEqual(cut["cut_examples"], 24)  # of 32, those of one text are set aside
        self.refused(2, "finetune", "--from", self.base, "--out", self.path("s4"), *common, "--context-length", "128",
                     mentions=["table of positions"])
        self.refused(2, "finetune", "--from", self.path("qwen"), "--out", self.path("s4"), *common, "--context-length", "128",
                     "--lora", "2", mentions=["LoRA"])

    def test_dialogue_and_chat(self):
        talks = [{"messages": [{"role": "user", "content": f"{c}?"}, {"role": "assistant", "content": f"yes, {c}."}]}
                 for c in COLOURS] * 8
        write_lines(self.path("d.jsonl"), talks)
        result = self.finetune("d", "--task", "dialogue", "--data", self.path("d.jsonl"), "--steps", "20")
        for name in ("val_loss", "perplexity", "bits_per_byte", "distinct1", "distinct2"):
            self.assertIn(name, result["scores"])
        done = self.answer("chat", "--model", self.path("d"), input="red?\nblue?\n")
        self.assertEqual([message["role"] for message in done["messages"]], ["user", "assistant"] * 2)

    def test_questions(self):
        places = ["hill", "lake", "barn"]
        examples = []
        for i in range(60):
            text = f"the cat met the dog by the {places[i % 3]}."
            answers = [] if i % 6 == 5 else [{"text": places[i % 3], "start": text.index(places[i % 3])}]
            examples.append({"context": text, "question": "where?" if answers else "who?", "answers": answers})
        write_lines(self.path("q.jsonl"), examples)
        result = self.finetune("q", "--task", "qa", "--data", self.path("q.jsonl"), "--test", self.path("q.jsonl"),
                               "--steps", "150", "--optimizer", "muon", base=self.qwen())
        self.assertGreater(result["scores"]["exact_match"], 45)
        context = "the dog fed the fox by the lake."
        answer = self.answer("predict", "--model", self.path("q"), "--input", "where?", "--context", context)
        self.assertEqual(context[answer["start"]:answer["end"]], answer["answer"])
        self.refused(2, "predict", "--model", self.path("q"), "--input", "where?", mentions=["--context"])

    def test_did_pre_training_help(self):
        result = self.finetune("cmp", "--task", "classification", "--data", self.train, "--test", self.test, "--steps", "5",
                               "--compare", "scratch")
        counts = [row["examples"] for row in result["rows"]]
        self.assertEqual(counts[0], 20)
        self.assertEqual(len(counts), 2)
        self.assertLess(counts[1], 100)  # those set aside to validate are no examples to learn from
        for row in result["rows"]:
            self.assertIn("accuracy", row["pretrained"])
            self.assertIn("accuracy", row["scratch"])
            self.assertGreater(row["forgetting"]["val_loss_after"], 0)
        shares = [sum(example["label"] == label for example in self.labelled[100:]) / 20 for label in ["yes", "no"]]
        self.assertIn(result["majority"]["accuracy"], shares)
        self.assertEqual(json.load(open(self.path("cmp/compare.json")))["table"], result["table"])

    def test_all_embedded_sets_from_a_masked_model(self):
        done = self.run_program("pretrain", "--data", self.data, "--objective", "masked", "--layers", "1", "--heads", "2",
                                "--channels", "16", "--context-length", "128", "--steps", "5", "--out", self.path("m"))
        self.assertEqual(done.returncode, 0, done.stderr)
        result = self.finetune("all", "--task", "all", "--data", "storyworld", "--minutes", "0.05", base=self.path("m"))
        self.assertEqual([row["set"] for row in result["rows"]], ["spam", "sentiment", "qa"])  # it cannot write
        for row in result["rows"]:
            for column, count in {"before": 100, "after": 500, "after_200": 150, "scratch_200": 150}.items():
                self.assertEqual(row[column]["examples"], count)
        self.assertEqual(json.load(open(self.path("all/report.json")))["table"], result["table"])

    def test_refusals(self):
        common = ["--from", self.base, "--out", self.path("x"), "--steps", "1"]
        bad = self.path("bad.jsonl")

        def refused(code, text, *more, task="classification", mentions=()):
            with open(bad, "w", encoding="utf-8") as file:
                file.write(text)
            self.refused(code, "finetune", *common, "--task", task, "--data", bad, *more, mentions=mentions)
            self.assertFalse(os.path.exists(self.path("x")))

        refused(1, '{"text": "a", "label": "b"}\n{"text": "a"}\n', mentions=["bad.jsonl", "line 2", "label"])
        refused(1, '{"text": 3, "label": "b"}\n', mentions=["line 1", "text"])
        refused(1, "", mentions=["bad.jsonl"])
        refused(1, '{"text": "' + "x" * 10_000_000 + '", "label": "b"}\n', mentions=["line 1"])
        refused(1, "".join('{"text": "%d", "label": "b"}\n' % i for i in range(9)), mentions=["label \"b\""])
        refused(1, '{"context": "a b", "question": "q", "answers": [{"text": "z", "start": 0}]}\n', task="qa",
                mentions=["line 1"])
        write_lines(bad, [{"text": "a", "label": "perhaps"}])
        self.refused(1, "finetune", *common, "--task", "classification", "--data", self.train, "--test", bad,
                     mentions=["bad.jsonl, line 1", "perhaps", "no, yes"])
        self.refused(2, "finetune", *common, "--task", "clasification", mentions=["classification"])
        self.refused(2, "predict", "--model", self.base, "--input", "x", mentions=["not been fine-tuned"])
        self.refused(2, "evaluate", "--model", self.base, "--task", "classification", "--data", self.test,
                     mentions=["not been fine-tuned"])


if __name__ == "__main__":
    unittest.main()
