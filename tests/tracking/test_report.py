import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from synthetic_run import write_run

from rlcode.report import build_report, headline
from rlcode.report.rundata import NoRun
from rlcode.tracking import Tracker
from rlcode.view import view

HOSTILE = (
    "</script><script>document.title = 'taken over'</script>"
    "<!--<script><img src=x onerror=\"document.title='taken over'\">"
    "{{script}} \u2028 & &lt; \\u003c def f():\n    return '</pre>'"
)

BROWSER_FLAGS = (
    *("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"),
    *("disable-component-update", "disable-sync", "enable-logging=stderr", "window-size=1280,3000"),
    *("virtual-time-budget=3000", "dump-dom"),
)


class Scripts(HTMLParser):
    """Collects the script elements of a page as a browser would delimit them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.tags: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self._inside = True
            self.found.append((dict(attributes), ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, text = self.found[-1]
            self.found[-1] = attributes, text + data


def page_of(run_dir: Path) -> str:
    return build_report(run_dir).read_text(encoding="utf-8")


def data_of(page: str) -> dict:
    return json.loads(Scripts(page).found[0][1])


def test_the_page_loads_nothing_from_elsewhere(finished_run: Path) -> None:
    page = page_of(finished_run)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert not re.search(r"<(link|img|iframe|object)\b|\bsrc=|@import|url\(", page)
    assert "default-src 'none'" in page


def test_only_the_script_whose_hash_the_page_names_may_run(finished_run: Path) -> None:
    page = page_of(finished_run)
    (_, _), (_, script) = Scripts(page).found
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_hostile_completions_stay_text(tmp_path: Path) -> None:
    page = page_of(write_run(tmp_path / "hostile", steps=2, evaluate_every=1, completion=HOSTILE))
    parsed = Scripts(page)
    assert [attributes.get("type") for attributes, _ in parsed.found] == ["application/json", "module"]
    assert "img" not in parsed.tags
    assert {row["completion"] for row in data_of(page)["rollouts"]["rows"]} == {HOSTILE}


def test_a_hostile_run_name_and_benchmark_stay_text(tmp_path: Path) -> None:
    run_dir = tmp_path / "<img src=x>"
    with Tracker(run_dir, total_steps=1) as tracker:
        tracker.log_evaluation(0, "<b>bench", {"pass@1": 0.1, "ci_low": 0.0, "ci_high": 0.2, "problems": {}})
        tracker.log_step(1, {"<b>metric": 1.0})
    assert not {"img", "b"} & set(Scripts(page_of(run_dir)).tags)


def test_the_report_shows_the_run_in_a_browser_without_errors(finished_run: Path) -> None:
    dom = rendered(build_report(finished_run))
    assert dom.count('class="curve"') >= 9
    assert "Time per phase" in dom and "Problem by problem" in dom and "starter/heldout" in dom
    assert "largest log-probability gap 0.31" in dom
    assert re.search(r'<span class="kw">def</span> ', dom)


def test_hostile_completions_do_not_run_in_a_browser(tmp_path: Path) -> None:
    dom = rendered(build_report(write_run(tmp_path / "hostile", steps=2, evaluate_every=1, completion=HOSTILE)))
    assert "<title>hostile · rlcode</title>" in dom
    assert "<img" not in dom
    assert "&lt;img src=x onerror=" in dom


def test_a_run_that_has_just_begun_has_a_report(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=5) as tracker:
        page = page_of(tmp_path)
        assert data_of(page)["curves"]["steps"] == []
        tracker.log_step(1, {"reward/mean": 0.5})
        with (tmp_path / "metrics.jsonl").open("a") as metrics:
            metrics.write('{"step": 2, "rew')
        assert data_of(page_of(tmp_path))["curves"]["steps"] == [1]


def test_a_metric_that_never_was_a_number_does_not_break_the_page(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=2) as tracker:
        for step in (1, 2):
            tracker.log_step(step, {"kl/mean": float("nan"), "reward/mean": 0.5})
    dom = rendered(build_report(tmp_path))
    assert "KL to reference" not in dom
    assert "step 1: kl/mean is nan" in dom


def test_long_runs_with_long_completions_stay_small(tmp_path: Path) -> None:
    long = "<" * 20_000
    run_dir = write_run(tmp_path / "long", steps=30, prompts_per_step=4, completion=long)
    rows = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    with (run_dir / "metrics.jsonl").open("a") as metrics:
        for step in range(31, 20_000):
            metrics.write(json.dumps({**rows[-1], "step": step}) + "\n")
    page = page_of(run_dir)
    sample = data_of(page)["rollouts"]
    assert len(page.encode()) < 3_000_000
    assert sample["total"] == 30 * 4 * 8
    assert {1, 30} <= {row["step"] for row in sample["rows"]}
    assert data_of(page)["curves"]["steps"][-1] == 19_999


def test_building_again_gives_the_same_bytes(finished_run: Path) -> None:
    assert page_of(finished_run) == page_of(finished_run)


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoRun, match=r"is not a run folder: it has no metrics\.jsonl"):
        build_report(tmp_path)


def evaluate(tracker: Tracker, step: int, passed: list[int]) -> None:
    problems = {f"p{index:02d}": {"passed": count, "samples": 4} for index, count in enumerate(passed)}
    share = sum(passed) / 4 / len(passed)
    tracker.log_evaluation(
        step, "starter/heldout", {"pass@1": share, "ci_low": 0.0, "ci_high": 1.0, "problems": problems}
    )


def test_the_headline_compares_the_first_evaluation_with_the_last(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=2) as tracker:
        evaluate(tracker, 0, [1] * 40)
        evaluate(tracker, 1, [4] * 40)
        evaluate(tracker, 2, [2] * 40)
    assert re.fullmatch(
        r"held-out pass@1 25\.0 % → 50\.0 % \(\+25\.0, 95 % CI 25\.0 to 25\.0\) in \d+ s", headline(tmp_path)
    )


def test_view_prints_the_same_summary_every_time(finished_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = view(finished_run)
    first = capsys.readouterr().out
    view(finished_run)
    assert capsys.readouterr().out == first
    assert headline(finished_run) in first
    assert str(report) in first
    assert re.search(r"Pass rate +[▁▂▃▄▅▆▇█]+ +\d+\.\d %", first)
    assert re.search(r"humaneval +[▁▂▃▄▅▆▇█]+ +164 ", first)
    assert "\x1b" not in first


def rendered(page: Path) -> str:
    """The page's document after its script has run in Chromium; fails on any error the script reports."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium to run the page's script")
    flags = [f"--{flag}" for flag in BROWSER_FLAGS]
    profile = page.parent / "browser-profile"
    command = [chromium, *flags, f"--user-data-dir={profile}", page.resolve().as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    shutil.rmtree(profile, ignore_errors=True)
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not errors, errors
    return done.stdout
