#!/usr/bin/env python3
"""Everything that must be seen on a real GPU, in one command: build, op tests, training against the CPU, a deterministic
repeat, resuming across devices, compute-sanitizer, the benchmark, and tiny Shakespeare to its best loss.

    python3 tests/gpu/run.py --shakespeare input.txt [--out gpu-results] [--programs FOLDER] [--only ops,bench] [--minutes 9]

--programs takes a folder made by tests/gpu/pack.sh, for a machine that has a GPU but not what the build needs. Each stage
has a time limit of its own, and result.json is written anew after each, so that a late failure loses nothing. row.md is
the line for tests/bench/LOG.md. Exit code: 0 when no stage failed.
"""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BEST_LOSS = 1.4697  # nanoGPT's on tiny Shakespeare, characters, preset baby


class Stages:
    """Runs stages, keeps their results and the time that is left."""

    def __init__(self, arguments):
        self.out = pathlib.Path(arguments.out).resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        self.end = time.monotonic() + 60 * arguments.minutes
        self.only = set(arguments.only.split(",")) if arguments.only else None
        self.result = {"date": datetime.date.today().isoformat(), "stages": {}}
        self.environment = dict(os.environ)
        self.programs = pathlib.Path(arguments.programs).resolve() if arguments.programs else ROOT / "build" / "gpu"
        libraries = [str(self.programs / "lib")] + cublas_folders()
        self.environment["LD_LIBRARY_PATH"] = ":".join(libraries + [os.environ.get("LD_LIBRARY_PATH", "")])

    def stage(self, name, limit, work):
        """Runs work(seconds it may take); it returns a dictionary of findings or raises."""
        if self.only and name not in self.only:
            return
        left = min(limit, self.end - time.monotonic())
        begin = time.monotonic()
        try:
            if left < 5:
                raise TimeoutError("no time was left")
            entry = {"status": "passed", **(work(left) or {})}
        except Skipped as reason:
            entry = {"status": "skipped", "why": str(reason)}
        except Exception as error:  # a stage's failure must not end the others
            entry = {"status": "failed", "why": f"{type(error).__name__}: {error}"[-2000:]}
        entry["seconds"] = round(time.monotonic() - begin, 1)
        self.result["stages"][name] = entry
        (self.out / "result.json").write_text(json.dumps(self.result, indent=1) + "\n")
        shown = {key: value for key, value in entry.items() if key != "status" and not isinstance(value, (dict, list))}
        print(f"{name:14} {entry['status']:8} {json.dumps(shown)[:400]}", flush=True)

    def call(self, command, limit, log, **more):
        """Standard output and error of a command, both also in OUT/log. Raises when it fails."""
        begin = time.monotonic()
        with open(self.out / f"{log}.log", "a") as errors:
            errors.write(f"$ {' '.join(map(str, command))}\n")
            errors.flush()
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, timeout=limit, env=self.environment,
                                  text=True, **more)
            errors.write(done.stdout)
        if done.returncode != 0:
            tail = (self.out / f"{log}.log").read_text()[-1500:]
            raise RuntimeError(f"exit code {done.returncode} after {time.monotonic() - begin:.0f} s: {tail}")
        return done.stdout

    def seedling(self, arguments, limit, log):
        """The JSON that a command of the program ends with."""
        out = self.call([self.programs / "seedling", *map(str, arguments), "--json"], limit, log)
        return json.loads(out.strip().splitlines()[-1])


class Skipped(Exception):
    pass


def cublas_folders():
    """Where Python packages keep cuBLASLt, for machines without a toolkit."""
    found = []
    for folder in sys.path + ["/usr/local/cuda/lib64", "/usr/local/cuda/targets/x86_64-linux/lib"]:
        for inside in ("", "nvidia/cu13/lib", "nvidia/cublas/lib"):
            path = pathlib.Path(folder) / inside
            if list(path.glob("libcublasLt.so.*")):
                found.append(str(path))
    return found


def metrics(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--shakespeare", help="tiny Shakespeare's input.txt")
    parser.add_argument("--out", default="gpu-results")
    parser.add_argument("--programs", help="a folder with seedling and test_cuda, instead of building them")
    parser.add_argument("--only", help="these stages alone, with commas between")
    parser.add_argument("--minutes", type=float, default=9.0, help="for all stages together")
    arguments = parser.parse_args()
    stages = Stages(arguments)
    work = stages.out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    text = pathlib.Path(arguments.shakespeare).resolve() if arguments.shakespeare else None

    def build(limit):
        if arguments.programs:
            raise Skipped("programs were given")
        stages.call(["cmake", "-S", ROOT, "-B", stages.programs, "-DCMAKE_BUILD_TYPE=Release"], limit, "build")
        stages.call(["cmake", "--build", stages.programs, "--target", "seedling", "test_cuda", "-j", str(os.cpu_count())],
                    limit, "build")

    def facts(limit):
        smi = stages.call(["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"], limit,
                          "facts").strip().splitlines()[0]
        doctor = stages.seedling(["doctor", "--device", "cuda"], limit, "facts")
        return {"nvidia_smi": smi, "gpu": doctor["gpu"], "problems": doctor["problems"]}

    def ops(limit):
        out = stages.call([stages.programs / "test_cuda", "--log_level=message", "--color_output=no"], limit, "ops",
                          cwd=ROOT)
        errors = {"fp32": [], "bf16": [], "muon": []}  # Muon iterates in bf16 whatever the precision
        for precision, op, error in re.findall(r"^(fp32|bf16) (\w+) .*: error ([0-9.e+-]+),", out, re.M):
            errors["muon" if op == "muon" else precision].append(float(error))
        if not errors["fp32"] or not errors["bf16"]:
            raise RuntimeError("no op was compared: " + out[-500:])
        return {f"{key}_{name}": value for key, found in errors.items()
                for name, value in (("ops", len(found)), ("worst_error", max(found)))}

    def bench(limit, *flags):
        found = stages.seedling(["bench", "--device", "cuda", "--precision", "bf16", "--preset", "gpt2", "--batch-size", 32,
                                 "--repeats", 5, "--seconds", 2, *flags], limit, "bench")
        return {key: found[key] for key in ("tokens_per_second", "tokens_per_second_all", "mfu", "gemm_gflops",
                                            "copy_bytes_per_second", "device_description", "batch_size", "vocab_size",
                                            "context_length", "optimizer")}

    def baby(limit, recipe, steps):
        if not text:
            raise Skipped("no --shakespeare FILE was given")
        run = work / f"baby-{recipe}"
        stages.seedling(["pretrain", "--data", text, "--preset", "baby", "--tokenizer", "char", "--recipe", recipe, "--device",
                         "cuda", "--precision", "bf16", "--steps", steps, "--eval-every", max(1, steps // 20), "--sample-every",
                         steps, "--checkpoint-every", steps, "--out", run], limit, "baby")
        lines = [line for line in metrics(run) if "val_loss" in line]
        reached = [line for line in lines if line["val_loss"] <= BEST_LOSS]
        found = {"recipe": recipe, "steps": steps, "best_val_loss": min(line["val_loss"] for line in lines),
                 "seconds_to_best_of_nanogpt": reached[0]["seconds"] if reached else None,
                 "run_seconds": lines[-1]["seconds"], "tokens_per_second": lines[-1]["tokens_per_second"]}
        if not reached:
            raise RuntimeError(f"{BEST_LOSS} was not reached: {json.dumps(found)}")
        return found

    small = ["--data", "storyworld", "--preset", "nano", "--tokenizer", "byte", "--recipe", "classic", "--seed", 7, "--dropout", 0.1,
             "--eval-every", 20, "--checkpoint-every", 5, "--sample-every", 20, "--batch-size", 8]

    def repeat(limit):
        seen = set()
        for attempt in ("a", "b"):
            run = work / f"repeat-{attempt}"
            stages.seedling(["pretrain", *small, "--steps", 20, "--device", "cuda", "--precision", "bf16", "--out", run], limit,
                            "repeat")
            model = (run / "checkpoints" / "latest" / "model.safetensors").read_bytes()
            seen.add((tuple(line["loss"] for line in metrics(run)), hashlib.sha256(model).hexdigest()))
        if len(seen) != 1:
            raise RuntimeError("two runs of the same seed differ")

    def resume(limit):
        """Ten steps on one device and ten more on the other end where twenty on the first do."""
        steady = ["--precision", "fp32", "--schedule", "constant", "--warmup-steps", 0]
        findings = {}
        for first, then in (("cuda", "cpu"), ("cpu", "cuda")):
            run, whole = work / f"resume-{first}-{then}", work / f"whole-{first}-{then}"
            stages.seedling(["pretrain", *small, *steady, "--steps", 10, "--device", first, "--out", run], limit, "resume")
            stages.seedling(["pretrain", "--resume", "--steps", 20, "--device", then, "--precision", "fp32", "--out", run],
                            limit, "resume")
            stages.seedling(["pretrain", *small, *steady, "--steps", 20, "--device", first, "--out", whole], limit, "resume")
            one, other = metrics(run)[-1], metrics(whole)[-1]
            if one["step"] != 20 or other["step"] != 20:
                raise RuntimeError(f"the runs end at steps {one['step']} and {other['step']}")
            findings[f"{first}_then_{then}"] = max(abs(one[key] / other[key] - 1) for key in ("loss", "val_loss"))
        if max(findings.values()) > 1e-4:
            raise RuntimeError(f"the continued runs' last losses are off by {findings}")
        return findings

    def sanitizer(limit, tool):
        program = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
        if not os.path.exists(program):
            raise Skipped("compute-sanitizer is not installed")
        # racecheck takes hundreds of times as long: a few steps of a small model go through every kernel of training
        tests = "cuda_training/a_repeat_gives_the_same_bits"
        if tool == "memcheck":
            tests += ":cuda_ops/agree_with_the_reference"
        out = stages.call([program, "--tool", tool, "--error-exitcode", "9", stages.programs / "test_cuda",
                           f"--run_test={tests}"], limit, tool, cwd=ROOT)
        return {"said": out.strip().splitlines()[-1]}

    stages.stage("build", 420, build)
    stages.stage("facts", 60, facts)
    stages.stage("ops", 120, ops)
    stages.stage("bench", 90, lambda limit: bench(limit, "--vocab-size", 50304))
    stages.stage("baby_fast", 120, lambda limit: baby(limit, "fast", 1000))
    stages.stage("repeat", 60, repeat)
    stages.stage("resume", 90, resume)
    stages.stage("memcheck", 120, lambda limit: sanitizer(limit, "memcheck"))
    stages.stage("racecheck", 240, lambda limit: sanitizer(limit, "racecheck"))
    stages.stage("bench_muon", 60, lambda limit: bench(limit, "--vocab-size", 50304, "--optimizer", "muon"))
    stages.stage("bench_50257", 60, lambda limit: bench(limit, "--vocab-size", 50257))
    stages.stage("baby_classic", 150, lambda limit: baby(limit, "classic", 3000))
    return finish(stages)


def finish(stages):
    """The line for the benchmark log, and the exit code."""
    found = stages.result["stages"]
    facts, ops, bench = (found.get(name, {}) for name in ("facts", "ops", "bench"))
    baby = found.get("baby_fast", {})

    def figure(value, form):
        return "-" if value is None else format(value, form)

    gemm, speed, mfu = bench.get("gemm_gflops"), bench.get("tokens_per_second"), bench.get("mfu")
    row = " | ".join(["", stages.result["date"], facts.get("nvidia_smi", "-"),
                      f"{ops.get('status', '-')}, worst {ops.get('fp32_worst_error', '-')} fp32, {ops.get('bf16_worst_error', '-')} bf16, "
                      f"{ops.get('muon_worst_error', '-')} Muon",
                      figure(gemm and gemm / 1e3, ".0f") + " TFLOP/s", figure(speed, ",.0f"), figure(mfu and 100 * mfu, ".1f") + " %",
                      figure(baby.get("seconds_to_best_of_nanogpt"), ".0f") + " s",
                      ", ".join(f"{name} {entry['status']}" for name, entry in found.items()), ""]).strip()
    (stages.out / "row.md").write_text(row + "\n")
    print(row)
    failed = [name for name, entry in found.items() if entry["status"] == "failed"]
    skipped = [name for name, entry in found.items() if entry["status"] == "skipped"]
    print(f"{len(found) - len(failed) - len(skipped)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
