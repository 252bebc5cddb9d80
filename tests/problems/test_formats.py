"""Other people's schemas: what is read, what is written back, and what is said of rows that do not fit."""

import base64
import json
import pickle
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reward.schema import read_pairs
from rlcode.problems import ProblemError, load_problems
from rlcode.problems.convert import convert
from rlcode.problems.formats import FORMATS, TRACE_FORMATS
from sandbox import Judge

SHARED = Path(__file__).parents[3] / "shared" / "data"
PACKED = [{"input": "[4, 1]\n2", "output": "[1, 4]", "testtype": "functional"}]
ROWS: dict[str, dict[str, Any]] = {
    "acecode": {
        "id": "oss_1",
        "source": "oss",
        "question": "Add.",
        "test_cases": ["assert add(1, 2) == 3"],
        "inferences": [],
    },
    "kodcode": {
        "question_id": "Leetcode_1_I",
        "style": "instruct",
        "question": "Add.",
        "solution": "def add(a, b):\n    return a + b\n",
        "test": "from solution import add\n\ndef test_add():\n    assert add(1, 2) == 3\n",
        "gpt_difficulty": "easy",
        "test_info": [{"function_name": "add", "parameter_list": "(a, b)"}],
    },
    "humaneval": {
        "task_id": "HumanEval/900",
        "prompt": "def add(a, b):\n    '''Add.'''\n",
        "entry_point": "add",
        "canonical_solution": "    return a + b\n",
        "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    },
    "mbpp": {
        "task_id": 2,
        "text": "Add.",
        "code": "def add(a, b):\n    return a + b\n",
        "test_setup_code": "",
        "test_list": ["assert add(1, 2) == 3"],
        "challenge_test_list": ["assert add(0, 0) == 0"],
        "source_file": "Benchmark Questions Verification V2.ipynb",
    },
    "apps": {
        "problem_id": "7",
        "question": "Print twice the number.",
        "solutions": json.dumps(["print(2 * int(input()))"]),
        "input_output": json.dumps({"inputs": ["3\n"], "outputs": ["6\n"]}),
        "difficulty": "interview",
        "url": "https://example.org/7",
        "starter_code": "",
    },
    "taco": {
        "question": "Sort.",
        "solutions": json.dumps(["class Solution:\n    def f(self, a, k):\n        return sorted(a)\n"]),
        "input_output": json.dumps({"fn_name": "f", "inputs": [[[2, 1], 3]], "outputs": [[[1, 2]]]}),
        "starter_code": "class Solution:\n    def f(self, a, k):\n",
        "difficulty": "EASY",
        "tags": "['Sorting']",
    },
    "code_contests": {
        "name": "1_A. Double",
        "description": "Print twice the number.",
        "difficulty": 7,
        "public_tests": {"input": ["1\n"], "output": ["2\n"]},
        "private_tests": {"input": ["3\n"], "output": ["6\n"]},
        "generated_tests": {"input": [], "output": []},
        "solutions": {"language": [2, 3], "solution": ["int main;", "print(2 * int(input()))"]},
    },
    "livecodebench": {
        "question_id": "lc_1",
        "question_content": "Sort.",
        "starter_code": "class Solution:\n    def f(self, a, k):\n",
        "public_test_cases": json.dumps([{"input": "[2, 1]\n3", "output": "[1, 2]", "testtype": "functional"}]),
        "private_test_cases": base64.b64encode(zlib.compress(pickle.dumps(json.dumps(PACKED)))).decode(),
        "difficulty": "easy",
        "metadata": json.dumps({"func_name": "f"}),
    },
}
SORTS = "class Solution:\n    def f(self, a, k):\n        return sorted(a)\n"


def write(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(1) as judge:
        yield judge


@pytest.mark.parametrize("name", ROWS)
def test_the_reference_of_a_row_passes_its_tests(name: str, judge: Judge, tmp_path: Path) -> None:
    (problem,) = load_problems(f"{name}:{write(tmp_path / 'rows.jsonl', ROWS[name])}")
    program = {"acecode": "def add(a, b):\n    return a + b\n", "livecodebench": SORTS}.get(name, problem.reference)
    assert program is not None
    verdict = judge.run(program, problem.tests)
    assert verdict.passed, verdict
    assert problem.source
    assert problem.license


@pytest.mark.parametrize("name", ROWS)
def test_what_is_written_reads_as_the_same_problem(name: str) -> None:
    form = FORMATS[name]
    assert form.write is not None
    problem = form.read(ROWS[name], "here")
    again = form.read(json.loads(json.dumps(form.write(problem))), "there")
    assert (again.prompt, again.reference, again.starter_code, again.difficulty, again.metadata) == (
        problem.prompt,
        problem.reference,
        problem.starter_code,
        problem.difficulty,
        problem.metadata,
    )
    assert again.id == problem.id
    assert len(again.tests) == len(problem.tests)


def test_a_format_that_cannot_hold_a_test_says_so() -> None:
    write_kodcode = FORMATS["kodcode"].write
    assert write_kodcode is not None
    with pytest.raises(ProblemError, match="holds one test of kind pytest; the problem has stdio"):
        write_kodcode(FORMATS["apps"].read(ROWS["apps"], "here"))


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("acecode", {"test_cases": []}, "there are no tests"),
        ("kodcode", {"test": ""}, "field 'test' must be text"),
        ("humaneval", {"task_id": ""}, "field 'task_id' is missing"),
        ("apps", {"input_output": "{"}, "field 'input_output' is not the JSON text it should be"),
        ("apps", {"input_output": json.dumps({"inputs": ["1"], "outputs": []})}, "as many inputs as outputs"),
        ("livecodebench", {"private_test_cases": "AAAA"}, "cannot be unpacked"),
        ("livecodebench", {"metadata": "{}"}, "must name the function"),
        ("code_contests", {"public_tests": 3}, "field 'public_tests' must be an object"),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_line(
    name: str, change: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "rows.jsonl", ROWS[name], {**ROWS[name], **change})
    with pytest.raises(ProblemError, match=r"rows\.jsonl line 2: ") as caught:
        load_problems(f"{name}:{path}")
    assert complaint in str(caught.value)


def test_packed_tests_that_would_run_code_are_refused() -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return eval, ("1",)  # not print, which Ray replaces in a process that has used it

    packed = base64.b64encode(zlib.compress(pickle.dumps(Harmful()))).decode()
    with pytest.raises(ProblemError, match=r"it asks for builtins\.eval"):
        FORMATS["livecodebench"].read({**ROWS["livecodebench"], "private_test_cases": packed}, "here")


def test_a_conversion_counts_and_lists_every_row_it_leaves_out(tmp_path: Path) -> None:
    good = ROWS["mbpp"]
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(good)}\nnot json\n{json.dumps({**good, 'code': 5})}\n{json.dumps(good)}\n")
    done = convert(f"mbpp:{path}", tmp_path / "out.jsonl")
    assert done.written == 1
    assert done.rejected.total() == 3
    rejected = [json.loads(line) for line in done.rejected_file.read_text().splitlines()]
    assert [(row["where"].rsplit(" ", 1)[1], row["why"][:24]) for row in rejected] == [
        ("2", "not valid JSON (Expectin"),
        ("3", "field 'code' must be tex"),
        ("4", "its id was used before"),
    ]
    assert [problem.id for problem in load_problems(str(tmp_path / "out.jsonl"))] == ["Mbpp/2"]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("mbpp", {"task_id": 1, "text": "t", "code": "f = int", "test_list": ["assert f()"], "test_imports": [1]}),
        ("code_contests", {"name": "n", "description": "d", "solutions": {"language": None, "solution": None}}),
        ("apps", {"problem_id": 1, "question": "q", "input_output": '{"fn_name": 3, "inputs": [[1]], "outputs": [1]}'}),
        ("kodcode-sft", {"question_id": "q", "conversations": [{"from": ["human"], "value": "v"}]}),
        ("evalplus", {"task_id": "t", "prompt": "p", "entry_point": "f", "canonical_solution": "def f(x): return x",
                      "base_input": 3, "plus_input": [], "atol": 0}),
        ("evalplus", {"task_id": "t", "prompt": "p", "entry_point": "f", "canonical_solution": "def f(x): return x",
                      "base_input": [[1]], "plus_input": [], "atol": 0, "assertion": "assert ("}),
    ],
)  # fmt: skip
def test_one_odd_row_does_not_end_a_conversion(tmp_path: Path, name: str, row: dict[str, Any]) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n")
    done = convert(f"{name}:{file}", tmp_path / "out.jsonl")
    assert done.written == 0 and done.rejected.total() == 1
    assert f"{file} line 1" in done.rejected_file.read_text()


def test_numbers_that_are_none_are_written_as_null(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"id": "a", "prompt": "p", "tests": [{"kind": "assert", "code": "assert f()"}], "score": NaN}\n')
    assert convert(f"problems:{file}", tmp_path / "out.jsonl").written == 1
    assert json.loads((tmp_path / "out.jsonl").read_text())["score"] is None


def test_files_that_were_there_are_replaced_only_by_whole_ones(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"id": "a", "prompt": "p", "tests": [{"kind": "assert", "code": "assert f()"}]}\n')
    with pytest.raises(ProblemError, match="no such file"):
        convert("kodcode:/no/such", file)
    assert convert(f"problems:{file}", file).written == 1  # onto itself
    assert '"id": "a"' in file.read_text() and sorted(path.name for path in tmp_path.iterdir()) == [
        "mine.jsonl", "mine.rejected.jsonl"
    ]  # fmt: skip


def test_a_folder_is_read_file_after_file(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", {**ROWS["mbpp"], "task_id": 2})
    pq.write_table(pa.Table.from_pylist([{**ROWS["mbpp"], "task_id": 1}]), tmp_path / "a.parquet")
    (tmp_path / "README.md").write_text("not rows")
    assert [problem.id for problem in load_problems(f"mbpp:{tmp_path}")] == ["Mbpp/1", "Mbpp/2"]


def test_an_unknown_format_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"'kodkode' is no format that is known.*kodcode"):
        convert("kodkode:x.jsonl", tmp_path / "out.jsonl")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (
            "kodcode-sft",
            {
                "question_id": "a",
                "r1_correctness": "True",
                "r1_solution": "x = 1",
                "style": "instruct",
                "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "<think>t</think> A"}],
            },
        ),
        (
            "opencodereasoning",
            {
                "id": "a",
                "input": "Q",
                "output": "<think>t</think> A",
                "source": "codeforces",
                "license": "cc-by-4.0",
                "dataset": "taco",
                "split": "train",
                "difficulty": "5",
                "solution": "x = 1",
            },
        ),
    ],
)
def test_traces_are_read_and_written_back(name: str, row: dict[str, Any]) -> None:
    trace = TRACE_FORMATS[name].read(row, "here")
    assert (trace.question, trace.answer, trace.solution) == ("Q", "<think>t</think> A", "x = 1")
    assert TRACE_FORMATS[name].write(trace) == row


def test_preference_pairs_are_read_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    good = {"instruction": "Add.", "input": "", "chosen": "a + b", "rejected": "a - b", "id": 7}
    write(file, good, {"instruction": "Add.", "chosen": 3, "rejected": "b"}, {**good, "rejected": "a + b"})
    done = convert(f"acecodepair:{file}", tmp_path / "out.jsonl")
    assert done.written == 1 and done.rejected.total() == 2
    (pair,) = read_pairs(tmp_path / "out.jsonl")
    assert (pair.chosen, pair.rejected, pair.id) == ("a + b", "a - b", 7)
    assert f"{file} line 2" in done.rejected_file.read_text()


def test_a_trace_without_its_question_says_where_the_question_is() -> None:
    row = {"id": "a", "input": "-", "output": "A", "dataset": "apps", "split": "train", "index": "12"}
    with pytest.raises(ProblemError, match="fill in the question of apps train 12"):
        TRACE_FORMATS["opencodereasoning"].read(row, "here")


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("kodcode:kodcode_demo", 172),
        ("kodcode-sft:kodcode_sft_r1_demo", 172),
        ("sandboxfusion:code_contests_sample", 20),
    ],
)
def test_real_files_are_read_without_a_loss(source: str, rows: int, tmp_path: Path) -> None:
    name, _, file = source.partition(":")
    path = SHARED / f"{file}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    done = convert(f"{name}:{path}", tmp_path / "out.jsonl")
    assert (done.written, dict(done.rejected)) == (rows, {})
