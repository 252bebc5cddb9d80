"""The settings of `rlcode synth`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from reward.settings import Section
from rlcode.config import ClusterConfig, EngineConfig, JudgeConfig


class EndpointConfig(Section):
    """An OpenAI-compatible endpoint: a vendor's, or that of `vllm serve`. None of this changes what is asked."""

    base_url: str | None = None
    """Such as http://127.0.0.1:8000/v1; None takes $OPENAI_BASE_URL, else https://api.openai.com/v1."""
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable with the key. Without such a variable no key is sent."""
    concurrency: int = Field(16, gt=0)
    """Calls under way at the same time."""
    requests_per_minute: float | None = Field(None, gt=0)
    """Calls are spread evenly to stay below; None does not limit them."""
    timeout_seconds: float = Field(300, gt=0)
    """Longest wait for one answer."""
    attempts: int = Field(6, gt=0)
    """How often one call is sent at most, while the endpoint is busy, failing or out of reach."""
    longest_pause_seconds: float = Field(120, gt=0)
    """Longest pause between two attempts. An endpoint that asks for a longer one ends the run."""
    dollars_per_million_prompt_tokens: float = Field(0, ge=0)
    dollars_per_million_completion_tokens: float = Field(0, ge=0)


class TeacherEngineConfig(EngineConfig):
    """This project's own engine. On the Ray cluster of `cluster.address` or $RAY_ADDRESS there are `workers` of them,
    as actors; without one there is one, in this process. The answers are the same, up to rounding."""

    workers: int = Field(1, gt=0)
    """Engines, each with the whole model; prompts are dealt out over them."""
    cpus_per_worker: float = Field(1, ge=0)
    gpus_per_worker: float = Field(0, ge=0)
    """For an engine over several GPUs, of each."""
    deadline_seconds: float = Field(1800, gt=0)
    """Longest wait for any one answer."""


class TeacherConfig(Section):
    """A model that writes, and how it is reached."""

    kind: Literal["endpoint", "engine", "recording"] = "endpoint"
    """endpoint: over HTTP. engine: this project's own. recording: answers from a file or folder."""
    model: str
    """The endpoint's name for it; for an engine a folder or hub id."""
    temperature: float = Field(0.7, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(8192, gt=0)
    """Longest answer, tokens."""
    body: dict[str, Any] = Field({})
    """Further fields of the request, such as response_format; null takes a field out."""
    endpoint: EndpointConfig = EndpointConfig()
    engine: TeacherEngineConfig = TeacherEngineConfig()
    max_prompt_tokens: int = Field(8192, gt=0)
    """An engine refuses longer prompts."""
    recording: Path | None = None
    """For kind: recording."""

    @model_validator(mode="after")
    def _a_recording_for_a_recording(self) -> TeacherConfig:
        if (self.kind == "recording") != (self.recording is not None):
            raise ValueError("kind: recording and `recording`, the file or folder with its answers, go together")
        return self


class BudgetConfig(Section):
    """Where a run stops. It counts everything paid in this output_dir, before a kill and after; None is no limit."""

    calls: int | None = Field(None, ge=0)
    tokens: int | None = Field(None, ge=0)
    """Prompt and completion tokens together."""
    dollars: float | None = Field(None, ge=0)


class GatesConfig(Section):
    """What verified problems have to pass; docs/quality-gates.md."""

    alike_at_least: float | None = Field(0.8, gt=0, le=1)
    """Of questions that share so much of their runs of three words, or whose references have one syntax tree, the first
    is kept. None keeps all."""
    known_origin: bool = False
    """Reject problems whose seed names no licence, where `license` does not name one either: nobody could say what they
    may be used for."""
    benchmarks: dict[str, str] = Field({"HumanEval": "humaneval"})
    """Problem sources, such as `evalplus:FILE`, by the name they have in the report. Questions that share a run of
    words with one of their prompts are rejected."""
    words: int = Field(10, gt=0)
    """How long such a run is."""
    embedding_model: str | None = None
    """A sentence-embedding model, folder or hub id, such as sentence-transformers/all-mpnet-base-v2. With it questions
    are compared by meaning as well, with each other and with the benchmarks."""
    meaning_at_least: float = Field(0.95, gt=0, le=1)
    """The cosine from which two questions mean the same; KodCode's value."""
    samples: Path | None = None
    """What `rlcode sample` wrote for `problems.jsonl` of a first run: AceCoder's hard quarter is kept."""
    workers: int = Field(1, gt=0)
    """Where there is a Ray cluster, actors that share what has to be computed for each row."""
    cpus_per_worker: float = Field(1, ge=0)
    gpus_per_worker: float = Field(0, ge=0)
    """For the embedding model."""
    deadline_seconds: float = Field(600, gt=0)
    """Longest wait for one block of rows."""


class AnswersConfig(Section):
    """Answers for supervised training: a model solves the problems, and what passes the tests is kept."""

    teacher: TeacherConfig
    samples: int = Field(3, gt=0)
    """Answers a problem; KodCode asks for 3."""

    @model_validator(mode="after")
    def _answers_differ(self) -> AnswersConfig:
        if self.samples > 1 and self.teacher.temperature == 0:
            raise ValueError("answers.teacher.temperature is 0: every answer to a problem would be the same")
        return self


class SynthConfig(Section):
    """`rlcode synth`."""

    output_dir: Path
    recipe: Literal["acecoder", "kodcode"] = "acecoder"
    """acecoder: one call writes question and asserts, a second model's program decides which asserts stay.
    kodcode: one call writes the question, others a program with pytest tests, several times."""
    name: str = "synth"
    """The problems are called NAME/00000001, …"""
    seeds: Path
    """Rows with code, an instruction, or both: a file (.jsonl, .jsonl.gz, .parquet), a folder of files, or a hub id."""
    seed_filter: Literal["functions", "none"] = "functions"
    """functions: only seeds whose code is Python with a function or class."""
    limit: int | None = Field(None, gt=0)
    """Take only the first so many seeds."""
    license: str = ""
    """Licence of the seeds, for rows that do not name one."""
    teacher: TeacherConfig
    """Writes the questions; for acecoder their tests, for kodcode programs and tests as well."""
    oracle: TeacherConfig | None = None
    """acecoder: the stronger model whose program decides which tests stay."""
    min_tests: int = Field(5, gt=0)
    """acecoder: questions with fewer tests left are rejected."""
    trials: int = Field(10, gt=0)
    """kodcode: programs with tests that are asked for, a question."""
    rows_per_batch: int = Field(256, gt=0)
    """Rows that are worked on together; what bounds the memory."""
    budget: BudgetConfig = BudgetConfig()
    gates: GatesConfig = GatesConfig()
    completion_form: bool = False
    """Also write each problem as a function to complete, with the same tests; KodCode's style conversion."""
    answers: AnswersConfig | None = None
    """Also write sft.jsonl: answers to the problems that pass their tests."""
    judge: JudgeConfig = JudgeConfig()
    cluster: ClusterConfig = ClusterConfig()
    """Where programs are judged, teachers of kind engine write and gates compute: on the Ray cluster of `address` or
    $RAY_ADDRESS, by `judge.workers`, `engine.workers` and `gates.workers` actors, else here."""

    @model_validator(mode="after")
    def _fits_the_recipe(self) -> SynthConfig:
        if (self.recipe == "acecoder") != (self.oracle is not None):
            raise ValueError("recipe: acecoder needs `oracle`, the model that solves the questions; kodcode has none")
        if self.recipe == "kodcode" and self.trials > 1 and self.teacher.temperature == 0:
            raise ValueError("teacher.temperature is 0: every trial of a question would be the same")
        return self
