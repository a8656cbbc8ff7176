#!/usr/bin/env python3
"""Writes golden_scores.json: predictions and references with the scores the field's own tools give them.

Needs sacrebleu 2.x and rouge-score 0.1.2 from PyPI; the answers' rules are restated from SQuAD's evaluation script
(https://rajpurkar.github.io/SQuAD-explorer/), whose text they follow step by step. Run by hand when a score changes.
"""
import collections
import json
import pathlib
import random
import re
import string

import sacrebleu
from rouge_score import rouge_scorer

WORDS = ("the a an The cat sat on mat, mat. 3.5 1,000 10-year U.S. don't \"quoted\" (brackets) & &amp; &quot;x&quot; "
         "caf\u00e9 \u00c9COLE na\u00efve \u041c\u043e\u0441\u043a\u0432\u0430 \u6771\u4eac x_y a/b end! -- \u2013 "
         "l\u2019eau Qu\u2019est\u202f? fin\u00a0! \u0130stanbul 20-30 $5.00 it's ,, .. a.b 5. .5 -").split(" ")


def sentence(rng):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randrange(0, 14)))


def vary(rng, text):
    words = [word for word in text.split(" ") if rng.random() > 0.2]
    if words and rng.random() < 0.6:
        words[rng.randrange(len(words))] = rng.choice(WORDS)
    return " ".join(words)


def normalize(text):
    text = text.lower()
    text = "".join(c for c in text if c not in set(string.punctuation))
    text = re.sub(r"\b(a|an|the)\b", " ", text)
    return " ".join(text.split())


def word_f1(gold, predicted):
    gold_words, predicted_words = normalize(gold).split(), normalize(predicted).split()
    if not gold_words or not predicted_words:
        return float(gold_words == predicted_words)
    same = sum((collections.Counter(gold_words) & collections.Counter(predicted_words)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted_words), same / len(gold_words)
    return 2 * precision * recall / (precision + recall)


def answer_scores(references, predictions):
    exact = f1 = 0.0
    for answers, predicted in zip(references, predictions):
        gold = [answer for answer in answers if normalize(answer)] or [""]
        exact += max(float(normalize(answer) == normalize(predicted)) for answer in gold)
        f1 += max(word_f1(answer, predicted) for answer in gold)
    return {"exact_match": 100 * exact / len(predictions), "f1": 100 * f1 / len(predictions)}


def make_case(seed, examples, references_each):
    rng = random.Random(seed)
    references = [[sentence(rng) for _ in range(references_each)] for _ in range(examples)]
    predictions = [vary(rng, texts[0]) for texts in references]
    streams = [[texts[k] for texts in references] for k in range(references_each)]
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
    rouge = collections.Counter()
    for texts, predicted in zip(references, predictions):
        for kind, score in scorer.score_multi(texts, predicted).items():
            rouge[kind] += 100 * score.fmeasure / examples
    return {
        "references": references, "predictions": predictions,
        "bleu": sacrebleu.corpus_bleu(predictions, streams).score,
        "chrf": sacrebleu.corpus_chrf(predictions, streams).score,
        "rouge1": rouge["rouge1"], "rouge2": rouge["rouge2"], "rougeL": rouge["rougeL"],
        **answer_scores(references, predictions),
    }


def main():
    cases = [make_case(seed, examples, references) for seed, (examples, references) in
             enumerate([(40, 1), (25, 3), (1, 1), (3, 2), (60, 1)])]
    short = {"references": [["hi there"]], "predictions": ["hi you"]}
    short["bleu"] = sacrebleu.corpus_bleu(short["predictions"], [["hi there"]]).score
    short["chrf"] = sacrebleu.corpus_chrf(short["predictions"], [["hi there"]]).score
    cases.append(short)
    path = pathlib.Path(__file__).with_name("golden_scores.json")
    path.write_text(json.dumps(cases, ensure_ascii=False, indent=0) + "\n")
    print(f"{path}: {len(cases)} cases, bleu {[round(case['bleu'], 2) for case in cases]}")


main()
