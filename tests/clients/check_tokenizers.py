"""Our tokenizers against the real `tokenizers` library and `transformers`: the same ids, offsets and decoded text.

For each kind a tokenizer is trained here, written, and read by both sides; then come tokenizer.json files with
settings that training never writes. Needs tokenizers and transformers, and the driver:

    cmake --build build --target tokenizer_lines
    python3 tests/clients/check_tokenizers.py build/tokenizer_lines TEXT_FILE
"""

import json
import os
import random
import subprocess
import sys
import tempfile

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
from tokenizers import Tokenizer  # noqa: E402
from tokenizers.pre_tokenizers import ByteLevel  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402

DRIVER, TEXT = os.path.abspath(sys.argv[1]), sys.argv[2]
SPECIALS = ["<|endoftext|>", "[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "<unk>", "<|endof", "[MASK", "[[MASK]]"]
FAILURES = []


def random_texts(count, seed=1):
    """Words, white space, accents, scripts, controls, emoji, special tokens, in every order."""
    rng = random.Random(seed)
    words = open(TEXT, encoding="utf-8").read(400_000).split()
    pools = [
        lambda: " ".join(rng.choice(words) for _ in range(rng.randint(1, 12))),
        lambda: "".join(rng.choice(" \t\n\r\x0b\x0c\u00a0\u0085\u2003\u3000\u200b\ufeff") for _ in range(rng.randint(1, 5))),
        lambda: rng.choice(["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "''", "'", "don't", "I'LL", "n't", " ' "]),
        lambda: "".join(chr(rng.randint(0x20, 0x7e)) for _ in range(rng.randint(1, 8))),
        lambda: "".join(chr(rng.randint(0xa0, 0x24f)) for _ in range(rng.randint(1, 6))),
        lambda: "".join(chr(rng.randint(0x300, 0x36f)) for _ in range(rng.randint(1, 3))),
        lambda: "".join(chr(rng.randint(0x4e00, 0x4fff)) for _ in range(rng.randint(1, 4))),
        lambda: "".join(chr(rng.randint(0xac00, 0xd7a3)) for _ in range(rng.randint(1, 4))),
        lambda: "".join(chr(rng.randint(0x1f300, 0x1f6ff)) for _ in range(rng.randint(1, 3))),
        lambda: "".join(chr(rng.randint(1, 0x9f)) for _ in range(rng.randint(1, 4))),
        lambda: "".join(chr(rng.choice([rng.randint(0x400, 0x17ff), rng.randint(0x1e00, 0x33ff)])) for _ in range(4)),
        lambda: "".join(chr(rng.choice([rng.randint(0xe000, 0xffff), rng.randint(0x10000, 0x10ffff)])) for _ in range(3)),
        lambda: str(rng.randint(0, 10 ** rng.randint(1, 9))),
        lambda: rng.choice(SPECIALS),
        lambda: rng.choice("aZ é!") * rng.choice([1, 2, 3, 60, 200]),
    ]
    for _ in range(count):
        yield "".join(rng.choice(pools)() + rng.choice(["", "", " "]) for _ in range(rng.randint(1, 8)))


def ours(tokenizer, texts):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    done = subprocess.run([DRIVER, "run", tokenizer], input=lines, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{tokenizer}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def byte_positions(text):
    """Byte offset of each code point, and of the end."""
    positions = [0]
    for c in text:
        positions.append(positions[-1] + len(c.encode()))
    return positions


def whole_characters(offsets, positions):
    """The library counts characters, and a part of a character as all of it."""
    result = []
    for begin, end in offsets:
        first = max(i for i, at in enumerate(positions) if at <= begin)
        last = min(i for i, at in enumerate(positions) if at >= end)
        result.append([first, last])
    return result


def differ(name, text, what, mine, theirs):
    if FAILURES.count(name) < 2:
        short = [str(x)[:300] for x in (repr(text), mine, theirs)]
        print("DIFFERENT {}: {} of {}\n  ours   {}\n  theirs {}".format(name, what, *short))
    FAILURES.append(name)


def compare(name, path, texts, offsets=True, decoding=True):
    """Every answer for the file at `path` against the library's."""
    real = Tokenizer.from_file(path)
    real.no_truncation(), real.no_padding()
    before = len(FAILURES)
    for text, mine in zip(texts, ours(path, texts)):
        theirs = real.encode(text, add_special_tokens=False)
        if mine["ids"] != theirs.ids:
            differ(name, text, "ids", mine["tokens"], theirs.tokens)
            continue
        for key, skip in (("decoded", False), ("plain", True)):
            decoded = real.decode(theirs.ids, skip_special_tokens=skip) if decoding else mine[key]
            if mine[key].replace("\ufffd", "") != decoded.replace("\ufffd", ""):
                differ(name, text, key, mine[key], decoded)
        if offsets:
            spans = whole_characters(mine["offsets"], byte_positions(text))
            if spans != [list(o) for o in theirs.offsets]:
                differ(name, text, "offsets", spans, theirs.offsets)
    print(f"{name}: {len(texts)} texts, {len(FAILURES) - before} differences")


def compare_transformers(name, folder, texts, masked):
    """transformers must read the folder without changing an id, and give pairs their types."""
    auto = AutoTokenizer.from_pretrained(folder)
    before = len(FAILURES)
    for text, mine in zip(texts, ours(folder, texts)):
        ids = auto(text, add_special_tokens=False)["input_ids"]
        if ids != mine["ids"]:
            differ(name, text, "transformers' ids", mine["ids"], ids)
    inputs = auto("a b", "c")
    if masked:
        config = json.load(open(os.path.join(folder, "tokenizer_config.json")))
        assert config["mask_token"] == auto.mask_token and auto.mask_token_id == 4, auto.mask_token_id
        assert inputs["token_type_ids"][-1] == 1 and inputs["input_ids"][0] == 2, inputs
        assert inputs["input_ids"][-1] == 3, inputs
    else:
        assert "token_type_ids" not in inputs, inputs
        assert auto.eos_token == auto.bos_token == "<|endoftext|>"
    vocabulary = json.load(open(os.path.join(folder, "tokenizer.json")))["model"]["vocab"]
    assert len(auto) == len(vocabulary), (len(auto), len(vocabulary))
    print(f"{name}: {type(auto).__name__}, {len(texts)} texts, {len(FAILURES) - before} differences")


def check_trained(work, texts):
    for kind, size in (("bpe", 2000), ("byte", 0), ("char", 0), ("wordpiece", 4000)):
        for masked in (False, True):
            name = kind + (" masked" if masked else "")
            folder = os.path.join(work, name.replace(" ", "-"))
            subprocess.run([DRIVER, "train", kind, str(size), str(int(masked)), TEXT, folder], check=True,
                           stdout=subprocess.DEVNULL)
            compare(name, os.path.join(folder, "tokenizer.json"), texts)
            compare_transformers(name, folder, texts, masked)


def variant(work, name, base, change, texts, **options):
    content = json.load(open(os.path.join(work, base, "tokenizer.json")))
    change(content)
    path = os.path.join(work, name.replace(" ", "-") + ".json")
    json.dump(content, open(path, "w"))
    compare(name, path, texts, **options)


def add_tokens(content):
    """Ordinary added tokens with every option; ids follow the vocabulary."""
    vocabulary = content["model"]["vocab"]
    options = [("newword", {}), ("Café", {"normalized": True}), ("alone", {"single_word": True}),
               ("<l>", {"lstrip": True}), ("<r>", {"rstrip": True}), ("<lr>", {"lstrip": True, "rstrip": True}),
               ("<lr>x", {}), ("it", {"single_word": True, "normalized": True})]
    for content_of, extra in options:
        entry = {"id": vocabulary.get(content_of, len(vocabulary) + sum(a["id"] >= len(vocabulary) for a in content["added_tokens"])),
                 "content": content_of, "single_word": False, "lstrip": False, "rstrip": False,
                 "normalized": False, "special": False}
        content["added_tokens"].append({**entry, **extra})


def check_variants(work, texts):
    def setting(*keys, value):
        def change(content):
            for key in keys[:-1]:
                content = content[key]
            content[keys[-1]] = value
        return change

    rng = random.Random(7)
    pieces = ["newword", "Café", "CAFÉ", "cafe", "alone", "<l>", "<r>", "<lr>", "<lr>x", "it", " ", "  ", "\n", "é", "a1_"]
    tricky = ["".join(rng.choice(pieces) for _ in range(rng.randint(1, 9))) for _ in range(2000)]
    variant(work, "bpe add_prefix_space", "bpe", setting("pre_tokenizer", "add_prefix_space", value=True), texts,
            offsets=False)  # the library gives the added space the first character, we give it no bytes
    variant(work, "bpe without regex", "bpe", setting("pre_tokenizer", "use_regex", value=False), texts)
    variant(work, "bpe ignore_merges", "bpe", setting("model", "ignore_merges", value=True), texts)
    variant(work, "bpe legacy merges", "bpe",
            lambda c: c["model"].update(merges=[" ".join(m) for m in c["model"]["merges"]]), texts)
    variant(work, "char fuse_unk", "char", setting("model", "fuse_unk", value=True), texts)
    variant(work, "char without unk", "char", setting("model", "unk_token", value=None), texts,
            offsets=False)  # the library's own are off once a character was dropped
    variant(work, "bpe added tokens", "bpe", add_tokens, tricky + texts[:500])
    variant(work, "wordpiece added tokens", "wordpiece-masked", add_tokens, tricky + texts[:500],
            decoding=False)  # 0.23 decodes a normalized added token in lower case, 0.20 as it is written
    variant(work, "wordpiece cased", "wordpiece-masked", setting("normalizer", "lowercase", value=False), texts)
    variant(work, "wordpiece cased without accents", "wordpiece-masked",
            lambda c: c["normalizer"].update(lowercase=False, strip_accents=True), texts)
    variant(work, "wordpiece with accents", "wordpiece-masked", setting("normalizer", "strip_accents", value=False), texts)
    variant(work, "wordpiece unclean", "wordpiece-masked", setting("normalizer", "clean_text", value=False), texts)
    variant(work, "wordpiece without ideographs", "wordpiece-masked",
            setting("normalizer", "handle_chinese_chars", value=False), texts)
    variant(work, "wordpiece without cleanup", "wordpiece-masked", setting("decoder", "cleanup", value=False), texts)
    variant(work, "wordpiece short words", "wordpiece-masked",
            setting("model", "max_input_chars_per_word", value=5), texts)
    variant(work, "wordpiece without normalizer", "wordpiece-masked", setting("normalizer", value=None), texts)


CODE_POINTS = [c for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]


def check_every_character_gpt2(work):
    """Merges of every last byte with x, 1 and ! show in the ids what each character was taken for."""
    alphabet = sorted(ByteLevel.alphabet())
    spelt = lambda byte: next(c for c in alphabet if decode_byte(c) == byte)  # noqa: E731
    content = json.load(open(os.path.join(work, "byte", "tokenizer.json")))
    model = content["model"]
    content["added_tokens"] = []
    del model["vocab"]["<|endoftext|>"]
    for byte in range(256):
        for partner in "x1! ":
            left, right = spelt(byte), spelt(ord(partner))
            model["merges"].append([left, right])
            model["vocab"].setdefault(left + right, len(model["vocab"]))
    path = os.path.join(work, "probe.json")
    json.dump(content, open(path, "w"))
    chunks = [CODE_POINTS[i:i + 500] for i in range(0, len(CODE_POINTS), 500)]
    texts = ["".join(f"{chr(c)}x\n{chr(c)}1\n{chr(c)}!\n{chr(c)} \n" for c in chunk) for chunk in chunks]
    compare("every character, GPT-2", path, texts, offsets=False)


def decode_byte(character, table={}):
    if not table:
        printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
        table.update({chr(b): b for b in printable})
        table.update({chr(0x100 + i): b for i, b in enumerate(b for b in range(256) if b not in printable)})
    return table[character]


def check_every_character_bert(work):
    """A vocabulary of every character, alone and inside a word, shows what the normalizer made of each."""
    content = json.load(open(os.path.join(work, "wordpiece-masked", "tokenizer.json")))
    vocabulary = content["model"]["vocab"] = {token: i for i, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])}
    listed = [c for c in CODE_POINTS if c < 0x32000 or 0xE0000 <= c < 0xE0200]
    for c in listed:
        vocabulary.setdefault(chr(c), len(vocabulary))
        vocabulary.setdefault("##" + chr(c), len(vocabulary))
    chunks = [CODE_POINTS[i:i + 500] for i in range(0, len(CODE_POINTS), 500)]
    texts = [" ".join(f"{chr(c)} a{chr(c)}b" for c in chunk) for chunk in chunks]
    for lowercase in (True, False):
        content["normalizer"]["lowercase"] = lowercase
        path = os.path.join(work, "characters.json")
        json.dump(content, open(path, "w"))
        compare(f"every character, BERT, lowercase {lowercase}", path, texts, offsets=False)


def main():
    texts = list(random_texts(int(os.environ.get("TEXTS", "4000"))))
    with tempfile.TemporaryDirectory() as work:
        check_trained(work, texts)
        check_variants(work, texts)
        check_every_character_gpt2(work)
        check_every_character_bert(work)
    if FAILURES:
        raise SystemExit(f"{len(FAILURES)} differences")
    print("all the same")


main()
