"""One output folder, begun by KodCode's recipe and gone on with other settings: what is asked, what is made again."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import yaml

from rlcode.cli import main
from rlcode.synthesis.recording import Recording
from rlcode.synthesis.replay import ReplayServer

RECIPE = {"recipe": "kodcode", "seed_filter": "none", "gates": {"alike_at_least": None, "benchmarks": {}}}
SIGN = "def sign(x):\n    return (x > 0) - (x < 0)\n"
TEST = "from solution import sign\n\ndef test_all():\n    assert [sign(3), sign(0)] == [1, 0]\n"
WRONG = SIGN.replace("(x > 0) - (x < 0)", "1")


def trial(program: str) -> str:
    return f"<|Solution Begin|>\n{program}<|Solution End|>\n<|Test Begin|>\n{TEST}<|Test End|>"


def recording(folder: Path) -> Recording:
    """Answers for two seeds, whose first trial fails and whose second passes."""
    answers = []
    for number, name in enumerate("ab", start=1):
        answers.append(("completion_forms", name, 0, f"```python\ndef sign(x):\n    'The sign of x, for {name}.'\n```"))
        answers.append(("questions", name, 0, f"<|Question Begin|>Write `sign` for {name}.<|Question End|>"))
        answers += [("trials", name, attempt, trial(program)) for attempt, program in enumerate((WRONG, SIGN))]
        for form in ("", "_C"):
            texts = [WRONG, SIGN, SIGN]
            answers += [("answered", f"synth/{number:08d}{form}", place, text) for place, text in enumerate(texts)]
    rows = [dict(zip(("stage", "prompt_id", "attempt", "response"), answer, strict=True)) for answer in answers]
    (folder / "recording.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Recording(folder / "recording.jsonl")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.jsonl") if path.name != "answers.jsonl"}


def test_other_settings_pay_for_what_is_new_and_end_as_a_run_begun_with_them(tmp_path: Path) -> None:
    (tmp_path / "seeds.jsonl").write_text("".join(f'{{"id": "{name}", "instruction": "{name}"}}\n' for name in "ab"))
    log = tmp_path / "calls.log"
    with ReplayServer(recording(tmp_path), log=log) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        teacher = {"model": "recorded", "endpoint": {"base_url": server.url, "concurrency": 2}}

        def run(name: str, **settings: object) -> Counter[str]:
            """The stages that were asked for something, with the number of calls."""
            before = len(log.read_text().split()) if log.exists() else 0
            settings |= {"output_dir": str(tmp_path / name), "seeds": str(tmp_path / "seeds.jsonl"), "teacher": teacher}
            (tmp_path / "synth.yaml").write_text(yaml.safe_dump(settings | RECIPE))
            assert main(["synth", str(tmp_path / "synth.yaml")]) == 0
            return Counter(label.split("/")[0] for label in log.read_text().split()[before:])

        judge = {"slots": 1, "limits": {"cpu_seconds": 2}}
        assert run("one", trials=1, judge=judge) == {"questions": 2, "trials": 2}
        assert files(tmp_path / "one")["problems.jsonl"] == b""
        assert run("one", trials=2, judge=judge) == {"trials": 2}
        two_trials = files(tmp_path / "one")
        judge["limits"] = {"cpu_seconds": 3}
        assert run("one", trials=2, judge=judge) == {}
        assert run("one", trials=2, judge=judge, completion_form=True) == {"completion_forms": 2}
        late = {"trials": 2, "judge": judge, "completion_form": True}
        assert run("one", **late, answers={"teacher": teacher, "samples": 2}) == {"answered": 8}
        assert run("one", **late, answers={"teacher": teacher, "samples": 3}) == {"answered": 4}
        warmer = {"teacher": teacher | {"temperature": 1.0}, "samples": 3}
        assert run("one", **late, answers=warmer) == {"answered": 12}
        end = files(tmp_path / "one")
        assert end["sft.jsonl"].count(b"\n") == 8  # of four problems the two answers that are right
        assert run("anew", **late, answers=warmer).total() == 2 + 4 + 2 + 12
        assert files(tmp_path / "anew") == end
        judge["limits"] = {"cpu_seconds": 2}
        assert run("one", trials=2, judge=judge) == {}
        assert {name: text for name, text in files(tmp_path / "one").items() if name in two_trials} == two_trials
