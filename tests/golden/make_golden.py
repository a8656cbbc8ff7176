#!/usr/bin/env python3
"""Writes the golden files beside it: what the real transformers compute, for tiny models of every kind.

Run by hand when a case is added (python3 tests/golden/make_golden.py; needs torch, transformers, safetensors); the
files are checked in, so the tests need none of these. Everything is computed in double precision from float32
weights, except what transformers itself does in single precision (RMS norms, the language models' loss). Each folder
holds

    config.json, model.safetensors   a model as transformers saves it
    batches.json                     three batches, the loss of each, and AdamW's settings
    expected.safetensors             logits of the first batch, its gradients ("gradient.<name>"), and the parameters
                                     after one step on each batch ("updated.<name>"), all under transformers' names
"""
import json
import pathlib

import torch
import transformers
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parent
V, T, C, B = 19, 8, 8, 3
# Some gradients are exactly zero but for rounding (a key's bias moves all scores of a row alike). AdamW divides them by
# their own size; an epsilon well above single precision's rounding keeps that noise out of the comparison.
ADAMW = dict(learning_rate=2e-3, beta1=0.9, beta2=0.99, epsilon=1e-5, weight_decay=0.1)

SHARED = dict(vocab_size=V, bos_token_id=1, eos_token_id=2, pad_token_id=0)
GPT2 = dict(SHARED, n_positions=T, n_embd=C, n_layer=2, n_head=4, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
            summary_first_dropout=0.0)
BERT = dict(SHARED, hidden_size=C, num_hidden_layers=2, num_attention_heads=4, intermediate_size=20,
            max_position_embeddings=T, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
DISTILBERT = dict(SHARED, dim=C, n_layers=2, n_heads=4, hidden_dim=20, max_position_embeddings=T, dropout=0.0,
                  attention_dropout=0.0, qa_dropout=0.0, seq_classif_dropout=0.0)
LLAMA = dict(SHARED, hidden_size=C, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=4,
             intermediate_size=20, max_position_embeddings=T, tie_word_embeddings=False)
THREE = dict(id2label={0: "a", 1: "b", 2: "c"}, label2id={"a": 0, "b": 1, "c": 2})

CASES = {
    "gpt2": ("causal", lambda: transformers.GPT2LMHeadModel(transformers.GPT2Config(**GPT2))),
    "gpt2_classifier": ("classifier", lambda: transformers.GPT2ForSequenceClassification(
        transformers.GPT2Config(**GPT2, **THREE))),
    "bert_masked": ("masked", lambda: transformers.BertForMaskedLM(transformers.BertConfig(**BERT))),
    "bert_classifier": ("classifier", lambda: transformers.BertForSequenceClassification(
        transformers.BertConfig(**BERT, **THREE))),
    "bert_span": ("span", lambda: transformers.BertForQuestionAnswering(transformers.BertConfig(**BERT))),
    "distilbert_classifier": ("classifier", lambda: transformers.DistilBertForSequenceClassification(
        transformers.DistilBertConfig(**DISTILBERT, **THREE))),
    "llama": ("causal", lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**LLAMA))),
    "qwen3": ("causal", lambda: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**LLAMA))),
}


def make_batch(objective, types, seed):
    """Sequences of random tokens (never the padding token 0), all but the first padded at the end."""
    generator = torch.Generator().manual_seed(seed)

    def below(low, high, *shape):
        return torch.randint(low, high, shape, generator=generator)

    tokens = below(3, V, B, T)
    # transformers' span loss runs over padding too, ours does not: no padding there.
    lengths = [T, T, T] if objective == "span" else [T, T - 2, T - 3]
    for row, length in enumerate(lengths):
        tokens[row, length:] = 0
    batch = dict(B=B, T=T, tokens=tokens, lengths=torch.tensor(lengths))
    if types:
        batch["types"] = below(0, 2, B, T)
    visible = torch.arange(T)[None, :] < batch["lengths"][:, None]
    if objective == "causal":
        targets = torch.where(visible, tokens, -1)[:, 1:]
        batch["targets"] = torch.cat([targets, torch.full((B, 1), -1)], dim=1)
    if objective == "masked":
        chosen = visible & (below(0, 3, B, T) == 0)
        chosen[:, 1] = True
        batch["targets"] = torch.where(chosen, below(3, V, B, T), -1)
    if objective == "classifier":
        batch["labels"] = below(0, 3, B)
    if objective == "span":
        batch["starts"], batch["ends"] = below(0, T, B), below(0, T, B)
    return batch


def run(model, objective, batch):
    """The model's output for a batch, with its own loss."""
    visible = torch.arange(T)[None, :] < batch["lengths"][:, None]
    inputs = dict(input_ids=batch["tokens"], attention_mask=visible.long())
    if "types" in batch:
        inputs["token_type_ids"] = batch["types"]
    if objective == "causal":  # transformers shifts the labels itself
        inputs["labels"] = torch.where(visible, batch["tokens"], -100)
    if objective == "masked":
        inputs["labels"] = torch.where(batch["targets"] >= 0, batch["targets"], -100)
    if objective == "classifier":
        inputs["labels"] = batch["labels"]
    if objective == "span":
        inputs["start_positions"], inputs["end_positions"] = batch["starts"], batch["ends"]
    return model(**inputs)


def plain(batch):
    return {key: value.flatten().tolist() if torch.is_tensor(value) else value for key, value in batch.items()}


def make_case(name, objective, build, seed):
    torch.manual_seed(seed)
    model = build().train()
    for key, parameter in model.named_parameters():
        gain = ("norm" in key.lower() or ".ln_" in key) and key.endswith("weight")
        with torch.no_grad():
            parameter.copy_((1.0 if gain else 0.0) + 0.3 * torch.randn_like(parameter))
    folder = FOLDER / name
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    model.set_attn_implementation("eager")
    model.double()

    types = name.startswith("bert")
    batches = [make_batch(objective, types, 100 * seed + step) for step in range(3)]
    named = dict(model.named_parameters())
    groups = [dict(params=[p for p in named.values() if p.dim() >= 2], weight_decay=ADAMW["weight_decay"]),
              dict(params=[p for p in named.values() if p.dim() < 2], weight_decay=0.0)]
    optimizer = torch.optim.AdamW(groups, lr=ADAMW["learning_rate"], betas=(ADAMW["beta1"], ADAMW["beta2"]),
                                  eps=ADAMW["epsilon"])
    expected, losses = {}, []
    for step, batch in enumerate(batches):
        optimizer.zero_grad()
        output = run(model, objective, batch)
        output.loss.backward()
        losses.append(output.loss.item())
        if step == 0:
            logits = output.logits if objective != "span" else torch.stack([output.start_logits, output.end_logits], -1)
            expected["logits"] = logits.detach().clone()
            expected.update({f"gradient.{key}": p.grad.clone() for key, p in named.items()})
        optimizer.step()
    expected.update({f"updated.{key}": p.detach().clone() for key, p in named.items()})
    save_file({key: value.float().contiguous() for key, value in expected.items()}, folder / "expected.safetensors",
              metadata={"format": "pt"})
    versions = dict(torch=torch.__version__, transformers=transformers.__version__)
    text = dict(versions=versions, adamw=ADAMW, losses=losses, batches=[plain(batch) for batch in batches])
    (folder / "batches.json").write_text(json.dumps(text, separators=(",", ":")) + "\n")
    print(f"{name}: {sum(p.numel() for p in named.values())} parameters, losses {losses}")


if __name__ == "__main__":
    for seed, (case, (kind, builder)) in enumerate(CASES.items(), start=1):
        make_case(case, kind, builder, seed)
