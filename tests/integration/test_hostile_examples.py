"""Example files that are wrong, in every format and for every task: one message with file and line, exit code 1, no run made."""
import json
import os
import unittest

from program import ProgramTest

# A good example of each task, its fields in the order of columns.
GOOD = {
    "classification": {"text": "a cat", "label": "yes"},
    "qa": {"context": "the cat sat by the lake", "question": "who?", "answers": [{"text": "cat", "start": 4}]},
    "generation": {"prompt": "once", "completion": "upon a time"},
    "summarization": {"document": "a long text", "summary": "short"},
    "translation": {"source": "cat", "target": "chat"},
    "dialogue": {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]},
}
LONG = "x" * 10_000_000


def jsonl(examples):
    return "".join(json.dumps(example) + "\n" for example in examples)


def cell(value):
    return value if isinstance(value, str) else json.dumps(value)


def columns(examples, form):
    """The examples with a header line, as CSV or TSV."""
    if form == "csv":
        rows = [[f'"{cell(value).replace(chr(34), chr(34) * 2)}"' for value in example.values()] for example in examples]
        return ",".join(examples[0]) + "\n" + "".join(",".join(row) + "\n" for row in rows)
    return "\t".join(examples[0]) + "\n" + "".join("\t".join(map(cell, example.values())) + "\n" for example in examples)


def squad(questions, context="the cat sat by the lake"):
    return json.dumps({"data": [{"title": "t", "paragraphs": [{"context": context, "qas": questions}]}]}, indent=1)


class HostileExamples(ProgramTest):
    def refuse(self, task, name, text, *mentions):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        run = self.path("run")
        self.refused(1, "finetune", "--from", "scratch", "--task", task, "--data", path, "--steps", "1", "--out", run,
                     mentions=[name, *mentions])
        self.assertFalse(os.path.exists(run))

    def test_a_missing_field(self):
        for task, good in GOOD.items():
            for field in good:
                less = {key: value for key, value in good.items() if key != field}
                with self.subTest(task=task, field=field):
                    self.refuse(task, "a.jsonl", jsonl([good, less]), "line 2", f'"{field}" is missing')
                    if less:
                        self.refuse(task, "a.csv", columns([less], "csv"), "line 1", f'"{field}"')
                        self.refuse(task, "a.tsv", columns([less], "tsv"), "line 1", f'"{field}"')

    def test_a_row_of_another_length(self):
        for form, row in (("csv", "only\n"), ("tsv", "only\n")):
            self.refuse("translation", "a." + form, columns([GOOD["translation"]], form) + row, "line 3", "1 fields")

    def test_a_wrong_type(self):
        for task, good in GOOD.items():
            for field in good:
                for wrong in (None, 1.5, {"a": 1}, True):
                    with self.subTest(task=task, field=field, wrong=wrong):
                        self.refuse(task, "a.jsonl", jsonl([good, {**good, field: wrong}]), "line 2", field)

    def test_a_line_of_ten_megabytes(self):
        for task, good in GOOD.items():
            if task in ("qa", "dialogue"):
                continue
            long = {key: LONG for key in good}
            self.refuse(task, "a.jsonl", jsonl([good, long]), "line 2", "8 MB")
            self.refuse(task, "a.csv", columns([good, long], "csv"), "line 3", "8 MB")
            self.refuse(task, "a.tsv", columns([good, long], "tsv"), "line 3", "8 MB")
        self.refuse("qa", "a.jsonl", jsonl([GOOD["qa"], {**GOOD["qa"], "context": LONG}]), "line 2", "8 MB")
        talk = {"messages": [*GOOD["dialogue"]["messages"], {"role": "user", "content": LONG}]}
        self.refuse("dialogue", "a.jsonl", jsonl([GOOD["dialogue"], talk]), "line 2", "8 MB")

    def test_no_examples(self):
        for task, good in GOOD.items():
            for form, text in (("jsonl", "\n\n"), ("csv", ",".join(good) + "\n"), ("tsv", "\t".join(good) + "\n"), ("jsonl", "")):
                with self.subTest(task=task, form=form):
                    self.refuse(task, "a." + form, text, "no examples")
        self.refuse("qa", "a.json", '{"data": []}', "no examples")

    def test_no_examples_in_the_other_files(self):
        with open(self.path("good.jsonl"), "w", encoding="utf-8") as file:
            file.write(jsonl([{"text": f"a {i}", "label": "yes" if i % 2 else "no"} for i in range(20)]))
        with open(self.path("none.jsonl"), "w", encoding="utf-8"):
            pass
        for flag in ("--validation", "--test"):
            self.refused(1, "finetune", "--from", "scratch", "--task", "classification", "--data", self.path("good.jsonl"), flag,
                         self.path("none.jsonl"), "--out", self.path("run"), mentions=["none.jsonl", "no examples"])

    def test_an_unknown_label(self):
        good = [{"text": f"a {i}", "label": "yes" if i % 2 else "no"} for i in range(20)]
        for flag in ("--validation", "--test"):
            for form in ("jsonl", "csv", "tsv"):
                text = [*good[:2], {"text": "b", "label": "perhaps"}]
                with open(self.path("good.jsonl"), "w", encoding="utf-8") as file:
                    file.write(jsonl(good))
                with open(self.path("other." + form), "w", encoding="utf-8") as file:
                    file.write(jsonl(text) if form == "jsonl" else columns(text, form))
                with self.subTest(flag=flag, form=form):
                    self.refused(1, "finetune", "--from", "scratch", "--task", "classification", "--data",
                                 self.path("good.jsonl"), flag, self.path("other." + form), "--out", self.path("run"),
                                 mentions=["other." + form, "line 3" if form == "jsonl" else "line 4", '"perhaps"', "no, yes"])

    def test_answers_that_are_not_there(self):
        good = GOOD["qa"]
        for answers, complaint in (([{"text": "dog", "start": 4}], "nor anywhere"), ([{"text": "dog"}], "does not occur"),
                                   ([{"text": "cat", "start": 5}], "character 5"), ([{"text": "cat", "start": 900}], "900"),
                                   ([{"text": "cat", "start": "4"}], "start"), (["cat"], "not an object"), ("cat", "not a list")):
            wrong = {**good, "answers": answers}
            with self.subTest(answers=answers):
                self.refuse("qa", "a.jsonl", jsonl([good, wrong]), "line 2", complaint)
                self.refuse("qa", "a.csv", columns([good, wrong], "csv"), "line 3", complaint)
                self.refuse("qa", "a.tsv", columns([good, wrong], "tsv"), "line 3", complaint)
        right = {"id": "q1", "question": "who?", "answers": [{"text": "cat", "answer_start": 4}]}
        wrong = {"id": "q2", "question": "who?", "answers": [{"text": "dog", "answer_start": 4}]}
        text = squad([right, wrong])
        line = text[:text.index('"q2"')].count("\n") + 1
        self.refuse("qa", "a.json", text, f"line {line}, question 2", "nor anywhere")
        self.refuse("qa", "a.json", squad([right, {"id": "q2", "question": "who?"}]), "question 2", "answers")
        self.refuse("qa", "a.json", text[:-20], "a.json", "line")

    def test_bytes_that_are_no_text(self):
        path = self.path("a.jsonl")
        with open(path, "wb") as file:
            file.write(jsonl([GOOD["translation"]]).encode() + b'{"source": "caf\xe9", "target": "x"}\n')
        self.refused(1, "finetune", "--from", "scratch", "--task", "translation", "--data", path, mentions=["a.jsonl", "line 2", "UTF-8"])
        self.refuse("translation", "a.jsonl", jsonl([GOOD["translation"]]) + '{"source": "a",\n', "line 2", "not valid JSON")
        self.refuse("translation", "a.jsonl", "[1, 2]\n", "line 1", "not a JSON object")

    def test_dialogues_without_a_reply(self):
        for messages, complaint in (([], "assistant"), ([{"role": "user", "content": "hi"}], "assistant"),
                                    ([{"role": "robot", "content": "hi"}], "robot"), ([{"role": "user"}], "content"),
                                    ([1], "not an object")):
            self.refuse("dialogue", "a.jsonl", jsonl([GOOD["dialogue"], {"messages": messages}]), "line 2", complaint)


if __name__ == "__main__":
    unittest.main()
