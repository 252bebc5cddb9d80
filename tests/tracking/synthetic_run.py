"""Writes a run folder that looks like a real one, through the real Tracker, for tests of what is read from it."""

import random
from pathlib import Path
from typing import Any

from rlcode.tracking import Tracker

TASKS = {
    "count_vowels": (
        "Write a function count_vowels(text) that returns how many vowels are in text, upper or lower case.",
        "def count_vowels(text):\n    return sum(1 for letter in text.lower() if letter in 'aeiou')\n",
        "def count_vowels(text):\n    count = 0\n    for letter in text:\n        if letter in 'aeiou':\n"
        "            count += 1\n    return count\n",
        "count_vowels('AbE') returned 0, expected 2",
    ),
    "running_total": (
        "Write a function running_total(numbers) that returns the list of running totals of numbers.",
        "def running_total(numbers):\n    total = 0\n    totals = []\n    for number in numbers:\n"
        "        total += number\n        totals.append(total)\n    return totals\n",
        "def running_total(numbers):\n    totals = [numbers[0]]  # an empty list has no first item\n"
        "    for number in numbers[1:]:\n        totals.append(totals[-1] + number)\n    return totals\n",
        "running_total([]): IndexError: list index out of range",
    ),
    "most_common_word": (
        "Write a function most_common_word(sentence) that returns the word that occurs most often; the first on a tie.",
        "def most_common_word(sentence):\n    words = sentence.split()\n"
        "    return max(words, key=words.count, default='')\n",
        "from collections import Counter\n\ndef most_common_word(sentence):\n"
        "    return Counter(sentence).most_common(1)[0][0]\n",
        "most_common_word('the cat the dog') returned 't', expected 'the'",
    ),
    "is_leap_year": (
        "Write a function is_leap_year(year) that tells whether year is a leap year in the Gregorian calendar.",
        "def is_leap_year(year):\n    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)\n",
        "def is_leap_year(year):\n    return year % 4 == 0\n",
        "is_leap_year(1900) returned True, expected False",
    ),
}
OUTCOMES_OF_TESTS = ("passed", "failed", "error", "timeout")


def write_run(
    run_dir: Path,
    steps: int = 40,
    seed: int = 0,
    evaluate_every: int = 20,
    prompts_per_step: int = 8,
    samples_per_prompt: int = 8,
    completion: str | None = None,
    warn: bool = True,
) -> Path:
    """A run that learns: pass rates drift upwards with noise. `completion` replaces the text of every completion."""
    random_source = random.Random(seed)
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "config.yaml").write_text(
        f"model: smollm2-135m\nalgorithm: grpo\nsteps: {steps}\nseed: {seed}\n"
        f"prompts_per_step: {prompts_per_step}\nsamples_per_prompt: {samples_per_prompt}\n"
        "optimizer:\n  learning_rate: 1.0e-05\nsampling:\n  temperature: 1.0\n  max_tokens: 192\n"
    )
    with Tracker(run_dir, total_steps=steps) as tracker:
        tracker.message("policy smollm2-135m, 135 M parameters; engine vllm")
        _evaluate(tracker, 0, 0.0, random_source)
        for step in range(1, steps + 1):
            progress = step / steps
            rows = _rollouts(step, progress, prompts_per_step, samples_per_prompt, random_source, completion)
            tracker.log_rollouts(step, rows)
            tracker.log_step(step, _metrics(step, progress, rows, random_source))
            if step % evaluate_every == 0:
                _evaluate(tracker, step, progress, random_source)
        if warn:
            tracker.warning("step 12: largest log-probability gap 0.31 is above the warning limit 0.25")
    return run_dir


def _metrics(step: int, progress: float, rows: list[dict[str, Any]], random_source: random.Random) -> dict[str, float]:
    noise = random_source.gauss
    passed = sum(row["outcome"] == "passed" for row in rows) / len(rows)
    tokens = sum(row["completion_tokens"] for row in rows)
    generate, update = 11 - 3 * progress + noise(0, 0.5), 9 - 2 * progress + noise(0, 0.4)
    return {
        "reward/mean": sum(row["reward"] or 0.0 for row in rows) / len(rows),
        "pass_rate/train": passed,
        "kl/mean": max(0.0, 0.012 * progress**1.5 + noise(0, 0.0006)),
        "entropy": 0.9 - 0.35 * progress + noise(0, 0.03),
        "length/mean": tokens / len(rows),
        "logprob_gap/mean": abs(0.011 + noise(0, 0.001)),
        "logprob_gap/max": abs(0.15 + noise(0, 0.04)),
        "loss/policy": noise(0, 0.02),
        "clip/fraction": abs(noise(0, 0.01)),
        "gradient_norm": 1.1 + noise(0, 0.2),
        "groups/equal": float(random_source.randrange(0, 4)),
        "judge/infra_errors": 0.0,
        "policy/version": float(step),
        "seconds/generate": generate,
        "seconds/judge_wait": abs(0.3 + noise(0, 0.1)),
        "seconds/update": update,
        "seconds/sync": 0.6 + noise(0, 0.03),
        "seconds/other": 0.3 + abs(noise(0, 0.05)),
        "tokens_per_second/generate": tokens / generate,
        "tokens_per_second/update": tokens / update,
    }


def _rollouts(
    step: int, progress: float, prompts: int, samples: int, random_source: random.Random, completion: str | None
) -> list[dict[str, Any]]:
    rows = []
    for group in range(prompts):
        name = random_source.choice(list(TASKS))
        group_rows = [
            _rollout(step, group, name, random_source.random() < 0.2 + 0.35 * progress, random_source)
            for _ in range(samples)
        ]
        mean = sum(row["reward"] for row in group_rows) / samples
        rows += [{**row, "advantage": row["reward"] - mean} for row in group_rows]
    if completion is not None:
        rows = [{**row, "completion": completion, "program": completion} for row in rows]
    return rows


def _rollout(step: int, group: int, name: str, passes: bool, random_source: random.Random) -> dict[str, Any]:
    prompt, right, wrong, message = TASKS[name]
    program = right if passes else wrong
    tests = [{"outcome": "passed", "message": ""} for _ in range(5)]
    if not passes:
        for index in random_source.sample(range(5), random_source.randint(1, 3)):
            tests[index] = {"outcome": random_source.choice(OUTCOMES_OF_TESTS[1:]), "message": message}
    return {
        "problem_id": f"starter/{name}",
        "group": group,
        "prompt": f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n```python\n",
        "completion": f"{program}```\nThe function goes through the input once.",
        "program": program,
        "reward": 1.0 if passes else 0.0,
        "outcome": "passed" if passes else "failed",
        "pass_rate": sum(test["outcome"] == "passed" for test in tests) / len(tests),
        "tests": tests,
        "policy_version": step - 1,
        "finish_reason": "stop",
        "completion_tokens": len(program) // 3 + random_source.randrange(5),
        "mean_logprob": -0.4 + random_source.gauss(0, 0.1),
    }


def _evaluate(tracker: Tracker, step: int, progress: float, random_source: random.Random) -> None:
    for name, count, samples, base, gain in (("starter/heldout", 84, 8, 0.16, 0.14), ("humaneval", 164, 1, 0.06, 0.0)):
        difficulty = random.Random(name)
        problems = {}
        for index in range(count):
            chance = min(1.0, max(0.0, base * 2 * difficulty.random() + gain * progress * 2 * difficulty.random()))
            passed = sum(random_source.random() < chance for _ in range(samples))
            problems[f"{name}/{index:03d}"] = {"passed": passed, "samples": samples}
        rates = [problem["passed"] / problem["samples"] for problem in problems.values()]
        mean = sum(rates) / count
        deviation = (sum((rate - mean) ** 2 for rate in rates) / count / count) ** 0.5
        interval = {"ci_low": max(0.0, mean - 1.96 * deviation), "ci_high": mean + 1.96 * deviation}
        tracker.log_evaluation(step, name, {"pass@1": mean, **interval, "problems": problems})
