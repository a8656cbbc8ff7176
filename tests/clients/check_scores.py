"""The program's scores against the field's own tools, on the predictions of whole test sets: sacrebleu (BLEU, chrF),
rouge-score (ROUGE-1/2/L) and SQuAD's rules as `transformers` 4 carries them (exact match, F1).

    SEEDLING=build/seedling python3 tests/clients/check_scores.py [MODEL_DIR DATA]...

Each model is scored on its data by `seedling evaluate --predictions FILE`; the tools see that file alone, and the two must
agree to 0.0001 of 100. Without arguments three small models are trained first, on Storyworld (about two minutes).
Needs the packages in PACKAGES, in a virtual environment for example; without them it says so and exits with 77 (skipped).
"""

import json
import os
import subprocess
import sys
import tempfile

PACKAGES = "sacrebleu==2.6.0 rouge-score==0.1.2 transformers==4.57.6"
SEEDLING = os.environ.get("SEEDLING", "build/seedling")
TOLERANCE = 1e-4
SETS = [("translation", "storyworld/translation"), ("summarization", "storyworld/summary"), ("qa", "storyworld/qa")]

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
try:
    import sacrebleu
    from rouge_score import rouge_scorer
    from transformers.data.metrics import squad_metrics
except ImportError as missing:
    print(f"check_scores: skipped, {missing}. Make them available with: pip install {PACKAGES}")
    sys.exit(77)


def program(*arguments):
    done = subprocess.run([SEEDLING, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"check_scores: {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def references_of(line):
    target = line["target"]
    return target if isinstance(target, list) else [target]


def translation_scores(lines):
    """Streams of references as sacrebleu takes them: the n-th of every example, None where it has fewer."""
    predictions, references = [line["prediction"] for line in lines], [references_of(line) for line in lines]
    streams = [[each[i] if i < len(each) else None for each in references] for i in range(max(map(len, references)))]
    return {"bleu": sacrebleu.corpus_bleu(predictions, streams).score, "chrf": sacrebleu.corpus_chrf(predictions, streams).score}


def rouge_scores(lines):
    """Mean F-measure, of several references the best one for each kind (RougeScorer.score_multi)."""
    names = {"rouge1": "rouge1", "rouge2": "rouge2", "rougeL": "rougeL"}
    scorer = rouge_scorer.RougeScorer(list(names.values()), use_stemmer=False)
    sums = dict.fromkeys(names, 0.0)
    for line in lines:
        scores = scorer.score_multi(references_of(line), line["prediction"])
        for name in names:
            sums[name] += 100.0 * scores[name].fmeasure / len(lines)
    return sums


def answer_scores(lines):
    """As get_raw_scores does: answers that are nothing once normalized do not count, none left means 'no answer'."""
    sums = {"exact_match": 0.0, "f1": 0.0}
    for line in lines:
        gold = [answer for answer in references_of(line) if squad_metrics.normalize_answer(answer)] or [""]
        sums["exact_match"] += max(squad_metrics.compute_exact(answer, line["prediction"]) for answer in gold)
        sums["f1"] += max(squad_metrics.compute_f1(answer, line["prediction"]) for answer in gold)
    return {name: 100.0 * value / len(lines) for name, value in sums.items()}


def check(model, data, folder):
    """Prints both scores of each metric; returns how many do not agree."""
    path = os.path.join(folder, "predictions.jsonl")
    ours = program("evaluate", "--model", model, "--task", json.load(open(os.path.join(model, "run.json")))["task"],
                   "--data", data, "--predictions", path)
    lines = [json.loads(line) for line in open(path, encoding="utf-8")]
    assert len(lines) == ours["examples"], f"{len(lines)} predictions of {ours['examples']} examples"
    theirs = (translation_scores if "bleu" in ours else rouge_scores if "rougeL" in ours else answer_scores)(lines)
    wrong = 0
    for name, value in theirs.items():
        agree = abs(ours[name] - value) <= TOLERANCE
        wrong += not agree
        print(f"{os.path.basename(model):14} {len(lines):6} examples  {name:12} ours {ours[name]:10.6f}  theirs {value:10.6f}"
              f"{'' if agree else '   DIFFERENT'}", flush=True)
    return wrong


def train_small_models(folder):
    base = os.path.join(folder, "base")
    program("pretrain", "--data", "storyworld", "--data-size", 1000000, "--layers", 2, "--heads", 4, "--channels", 128,
            "--context-length", 256, "--steps", 150, "--out", base)
    for task, data in SETS:
        model = os.path.join(folder, task)
        program("finetune", "--from", base, "--task", task, "--data", data, "--examples", 3000, "--steps", 250, "--out", model)
        yield model, data


def main():
    given = sys.argv[1:]
    if len(given) % 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="seedling-scores-") as folder:
        pairs = list(zip(given[::2], given[1::2])) or train_small_models(folder)
        wrong = sum(check(model, data, folder) for model, data in pairs)
    print(f"check_scores: {'all agree' if wrong == 0 else f'{wrong} differ'}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
