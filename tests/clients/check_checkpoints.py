"""Checkpoints against the real transformers: what we write opens there, what it writes opens here, with the same logits.

Run by hand:  CHECKPOINT_TOOL=build/release/checkpoint_tool python tests/clients/check_checkpoints.py
Needs torch, transformers 5, tokenizers, safetensors and peft, and the target checkpoint_tool. No network.
"""

import json
import os
import subprocess
import tempfile
import unittest
import warnings
from pathlib import Path

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

TOOL = os.environ["CHECKPOINT_TOOL"]
TOLERANCE = 1e-5
torch.manual_seed(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

AUTO = {
    "lm": transformers.AutoModelForCausalLM,
    "mlm": transformers.AutoModelForMaskedLM,
    "classifier": transformers.AutoModelForSequenceClassification,
    "span": transformers.AutoModelForQuestionAnswering,
}


def tool(*arguments):
    done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def ids_of(vocabulary, count=14, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(5, vocabulary - 5, (count,), generator=generator).tolist()


def their_logits(model, ids, types=None):
    """A flat list in our order: spans are (T, 2)."""
    model = model.float().eval()
    inputs = {"input_ids": torch.tensor([ids])}
    if types is not None:
        inputs["token_type_ids"] = torch.tensor([types])
    with torch.no_grad():
        out = model(**inputs)
    if "start_logits" in out:
        return torch.stack([out.start_logits[0], out.end_logits[0]], dim=1).flatten()
    return out.logits.flatten()


class Checkpoints(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = Path(self.scratch.name)

    def tearDown(self):
        self.scratch.cleanup()

    def compare(self, folder, model, types=False):
        ids = ids_of(model.config.vocab_size)
        segments = [0] * 6 + [1] * 8 if types else None
        ours = tool("logits", folder, json.dumps(ids), *([json.dumps(segments)] if types else []))["logits"]
        theirs = their_logits(model, ids, segments)
        self.assertEqual(len(ours), len(theirs))
        difference = (torch.tensor(ours) - theirs).abs().max().item()
        self.assertLess(difference, TOLERANCE * max(1, theirs.abs().max().item()))

    # --- ours -> transformers ---------------------------------------------------------------------------------------

    def test_ours_open_there(self):
        cases = [(arch, "lm", options) for arch in ("gpt2", "llama", "qwen3") for options in ([], ["tied"], ["untied"])]
        cases += [("gpt2", "lm", ["no_bias"]), ("gpt2", "lm", ["no_gain"]), ("gpt2", "lm", ["erf"]), ("gpt2", "classifier", []),
                  ("gpt2", "span", []), ("llama", "lm", ["bias"]), ("llama", "lm", ["no_gain"]), ("llama", "lm", ["wide"]),
                  ("qwen3", "lm", ["wide"]), ("qwen3", "lm", ["no_gain"]), ("llama", "classifier", []), ("llama", "span", []),
                  ("qwen3", "classifier", []), ("qwen3", "span", []), ("bert", "mlm", []), ("bert", "mlm", ["untied"]),
                  ("bert", "mlm", ["no_bias"]), ("bert", "classifier", []), ("bert", "span", [])]
        for arch, head, options in cases:
            with self.subTest(arch=arch, head=head, options=options):
                folder = self.folder / "-".join([arch, head, *options])
                tool("make", arch, head, 5, folder, *options)
                model, report = AUTO[head].from_pretrained(folder, output_loading_info=True)
                self.assertFalse(report["missing_keys"], report)
                self.assertFalse(report["unexpected_keys"], report)
                self.compare(folder, model, types=arch == "bert")
                again = self.folder / ("again-" + folder.name)
                tool("save", folder, again)
                self.assertEqual((folder / "model.safetensors").read_bytes(), (again / "model.safetensors").read_bytes())
                self.assertEqual(json.loads((folder / "config.json").read_text()), json.loads((again / "config.json").read_text()))
                transformers.AutoTokenizer.from_pretrained(folder)
                if head == "lm":
                    transformers.GenerationConfig.from_pretrained(folder).validate(strict=True)

    def test_greedy_is_equal(self):
        for arch in ("gpt2", "llama", "qwen3"):
            for penalty in (1.0, 1.3):
                with self.subTest(arch=arch, penalty=penalty):
                    folder = self.folder / arch
                    tool("make", arch, "lm", 11, folder)
                    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
                    ids = ids_of(model.config.vocab_size, 6)
                    out = model.generate(torch.tensor([ids]), max_new_tokens=40, do_sample=False, repetition_penalty=penalty,
                                         attention_mask=torch.ones(1, 6, dtype=torch.long))[0, 6:].tolist()
                    if out and out[-1] == model.config.eos_token_id:
                        out.pop()
                    ours = tool("greedy", folder, json.dumps(ids), 40, penalty)
                    self.assertEqual(ours["ids"], out)
                    self.assertEqual(ours["without_cache"], out)

    # --- transformers -> ours ---------------------------------------------------------------------------------------

    def configs(self):
        t = transformers
        ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
        gpt2 = dict(vocab_size=300, n_positions=32, n_embd=32, n_layer=2, n_head=4, **ids)
        bert = dict(vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
                    max_position_embeddings=32)
        llama = dict(vocab_size=300, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
                     num_key_value_heads=2, max_position_embeddings=32, **ids)
        distil = dict(vocab_size=300, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=32)
        yield t.GPT2LMHeadModel(t.GPT2Config(**gpt2))
        yield t.GPT2LMHeadModel(t.GPT2Config(**gpt2, n_inner=40, tie_word_embeddings=False, activation_function="relu"))
        yield t.GPT2ForSequenceClassification(t.GPT2Config(**gpt2, num_labels=3))
        yield t.GPT2ForQuestionAnswering(t.GPT2Config(**gpt2))
        yield t.BertForMaskedLM(t.BertConfig(**bert))
        yield t.BertForMaskedLM(t.BertConfig(**bert, tie_word_embeddings=False, hidden_act="gelu_new"))
        yield t.BertForSequenceClassification(t.BertConfig(**bert, num_labels=2))
        yield t.BertForQuestionAnswering(t.BertConfig(**bert))
        yield t.BertForPreTraining(t.BertConfig(**bert))
        yield t.LlamaForCausalLM(t.LlamaConfig(**llama))
        yield t.LlamaForCausalLM(t.LlamaConfig(**llama, head_dim=12, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
                                               rope_parameters={"rope_type": "default", "rope_theta": 500000.0}))
        yield t.LlamaForSequenceClassification(t.LlamaConfig(**llama, num_labels=5))
        yield t.LlamaForQuestionAnswering(t.LlamaConfig(**llama))
        yield t.Qwen3ForCausalLM(t.Qwen3Config(**llama, head_dim=8))
        yield t.DistilBertForMaskedLM(t.DistilBertConfig(**distil))
        yield t.DistilBertForSequenceClassification(t.DistilBertConfig(**distil, num_labels=4))
        yield t.DistilBertForQuestionAnswering(t.DistilBertConfig(**distil))

    def save(self, model, name, **options):
        """save_pretrained of a model whose every parameter is random (biases and gains too), with a tokenizer beside it."""
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
        folder = self.folder / name
        model.save_pretrained(folder, **options)
        masked = "Masked" in type(model).__name__ or "bert" in model.config.model_type
        source = self.folder / "tokenizer-source"
        if not source.exists():
            tool("make", "bert" if masked else "gpt2", "lm", 1, source)
        for file in ("tokenizer.json", "tokenizer_config.json"):
            (folder / file).write_bytes((source / file).read_bytes())
        return folder

    def test_theirs_open_here(self):
        for number, model in enumerate(self.configs()):
            with self.subTest(model=type(model).__name__):
                folder = self.save(model, str(number))
                if type(model).__name__ == "BertForPreTraining":
                    model = transformers.BertForMaskedLM.from_pretrained(folder)
                self.compare(folder, model, types=model.config.model_type == "bert")

    def test_sharded(self):
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(
            vocab_size=300, hidden_size=64, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=32))
        folder = self.save(model, "sharded", max_shard_size="100KB")
        self.assertGreater(len(list(folder.glob("model-*.safetensors"))), 2)
        self.compare(folder, model)

    def test_half_types(self):
        for dtype in (torch.float16, torch.bfloat16):
            model = transformers.GPT2LMHeadModel(transformers.GPT2Config(
                vocab_size=300, n_positions=32, n_embd=32, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2)).to(dtype)
            folder = self.save(model, str(dtype))
            self.assertEqual(load_file(folder / "model.safetensors")["transformer.wpe.weight"].dtype, dtype)
            self.compare(folder, model)

    # --- published variants -----------------------------------------------------------------------------------------

    def rewrite(self, folder, change):
        tensors = change(load_file(folder / "model.safetensors"))
        save_file({k: v.contiguous().clone() for k, v in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})

    def test_published_gpt2(self):
        """No prefix, and the buffers of the causal mask."""
        model = transformers.GPT2LMHeadModel(transformers.GPT2Config(
            vocab_size=300, n_positions=32, n_embd=32, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2))
        folder = self.save(model, "published")

        def change(tensors):
            tensors = {k.removeprefix("transformer."): v for k, v in tensors.items()}
            tensors["h.0.attn.bias"] = torch.tril(torch.ones(1, 1, 32, 32))
            tensors["h.1.attn.masked_bias"] = torch.tensor(-1e4)
            return tensors

        self.rewrite(folder, change)
        self.compare(folder, model)

    def test_published_bert(self):
        """gamma and beta, the next-sentence head, a pooler, stored duplicates of tied tensors."""
        model = transformers.BertForMaskedLM(transformers.BertConfig(
            vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, max_position_embeddings=32))
        folder = self.save(model, "published")

        def change(tensors):
            def old(name):
                return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

            tensors = {old(k): v for k, v in tensors.items()}
            tensors["cls.seq_relationship.weight"] = torch.ones(2, 32)
            tensors["cls.seq_relationship.bias"] = torch.ones(2)
            tensors["bert.pooler.dense.weight"] = torch.ones(32, 32)
            tensors["bert.pooler.dense.bias"] = torch.ones(32)
            tensors["bert.embeddings.position_ids"] = torch.arange(32)[None]
            tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"]
            tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"]
            return tensors

        self.rewrite(folder, change)
        self.compare(folder, model, types=True)

        def differ(tensors):
            tensors["cls.predictions.decoder.weight"] = tensors["cls.predictions.decoder.weight"] + 1
            return tensors

        self.rewrite(folder, differ)
        with self.assertRaisesRegex(RuntimeError, "tie_word_embeddings"):
            tool("logits", folder, "[5]")

    # --- LoRA adapters ----------------------------------------------------------------------------------------------

    ADAPTERS = [("gpt2", "lm", ["c_attn", "c_proj"]), ("gpt2", "lm", ["attn.c_proj", "c_fc"]), ("llama", "lm", ["q_proj", "v_proj"]),
                ("qwen3", "lm", ["k_proj", "gate_proj", "down_proj"]), ("bert", "mlm", ["query", "value"]),
                ("bert", "classifier", ["query", "dense"]), ("gpt2", "classifier", ["c_attn"]), ("llama", "classifier", ["o_proj"]),
                ("qwen3", "lm", ["embed_tokens", "up_proj"]), ("bert", "classifier", ["word_embeddings", "value"])]

    def test_our_adapters_open_there(self):
        for arch, head, targets in self.ADAPTERS:
            with self.subTest(arch=arch, head=head, targets=targets):
                base, folder = self.folder / f"{arch}-{head}-{targets[0]}-base", self.folder / f"{arch}-{head}-{targets[0]}"
                tool("make", arch, "mlm" if arch == "bert" else "lm", 5, base)
                self.assertTrue(tool("adapter", base, folder, head, *targets)["same"])
                options = {"num_labels": 3} if head == "classifier" else {}
                with warnings.catch_warnings():
                    warnings.simplefilter("error", UserWarning)
                    model = peft.PeftModel.from_pretrained(AUTO[head].from_pretrained(base, **options), folder)
                self.compare(folder, model, types=arch == "bert")

    def test_their_adapters_open_here(self):
        for arch, head, targets in self.ADAPTERS:
            with self.subTest(arch=arch, head=head, targets=targets):
                base, folder = self.folder / f"{arch}-{head}-{targets[0]}-base", self.folder / f"{arch}-{head}-{targets[0]}"
                tool("make", arch, "mlm" if arch == "bert" else "lm", 5, base)
                task = {"lm": "CAUSAL_LM", "classifier": "SEQ_CLS"}.get(head)
                options = {"num_labels": 3} if head == "classifier" else {}
                more = {"modules_to_save": ["classifier", "pooler"]} if head == "classifier" and arch == "bert" else {}
                model = peft.get_peft_model(AUTO[head].from_pretrained(base, **options), peft.LoraConfig(
                    r=4, lora_alpha=16, target_modules=targets, task_type=task, use_rslora=arch == "qwen3",
                    fan_in_fan_out=arch == "gpt2", init_lora_weights=False, **more))
                with torch.no_grad():
                    for name, parameter in model.named_parameters():
                        if "modules_to_save" in name:
                            parameter.add_(0.2 * torch.randn_like(parameter))
                model.save_pretrained(folder)
                self.compare(folder, model, types=arch == "bert")

    def test_refusals(self):
        model = next(iter(self.configs()))
        folder = self.save(model, "refused")
        good = json.loads((folder / "config.json").read_text())
        for key, value in [("activation_function", "mish"), ("scale_attn_by_inverse_layer_idx", True), ("scale_attn_weights", False),
                           ("n_head", 5), ("n_layer", 3), ("n_layer", 1), ("n_embd", 64), ("n_positions", 64), ("vocab_size", 2.0),
                           ("model_type", "mamba"), ("architectures", ["GPT2DoubleHeadsModel"]), ("n_layer", 10**12),
                           ("n_embd", "32"), ("quantization_config", {"bits": 4}), ("add_cross_attention", True)]:
            with self.subTest(key=key, value=value):
                (folder / "config.json").write_text(json.dumps({**good, key: value}))
                with self.assertRaises(RuntimeError) as caught:
                    tool("logits", folder, "[5]")
                print("   ", caught.exception)


if __name__ == "__main__":
    unittest.main(verbosity=2)
