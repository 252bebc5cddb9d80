"""Gates that compare what questions mean: by the cosine of the vectors that a sentence-embedding model gives them.

KodCode (arXiv 2503.02951) uses all-mpnet-base-v2 this way, from 0.95 on, within its subsets and against benchmarks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from reward.models import ModelError, resolve_model
from rlcode.problems.readers import load_problems
from rlcode.synthesis.measuring import Measuring, measured_here
from rlcode.synthesis.rejection import Gate, Rejection, Row

Vectors = NDArray[np.float32]
ROWS_PER_BLOCK = 256
TOKENS_PER_PASS = 8192


class Embedder:
    """Vectors of length 1, the mean over a text's tokens, as sentence-transformers pools them.

    A text longer than the model takes has a vector for each stretch of it: nothing is cut off. The weights are loaded
    where they are first used, on whatever node that is. Raises ModelError for a model that does not load.
    """

    def __init__(self, model: str) -> None:
        from transformers import AutoConfig, AutoTokenizer

        self._name, self._path = model, resolve_model(model)
        with self._named_when_it_fails():
            self._tokenizer = AutoTokenizer.from_pretrained(self._path)
            config = AutoConfig.from_pretrained(self._path)
        takes = getattr(config, "max_position_embeddings", None) or TOKENS_PER_PASS
        self._longest = min(self._tokenizer.model_max_length, takes, TOKENS_PER_PASS)

    @cached_property
    def _model(self) -> Any:
        from transformers import AutoModel

        with self._named_when_it_fails():
            model = AutoModel.from_pretrained(self._path, dtype=torch.float32).eval()
        return model.to("cuda" if torch.cuda.is_available() else "cpu")

    @contextmanager
    def _named_when_it_fails(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"model {self._name!r} does not load: {str(error).strip().splitlines()[0]}") from None

    def of_rows(self, rows: Sequence[Row]) -> tuple[Vectors, NDArray[np.int64]]:
        """The vectors of the rows' prompts."""
        return self.vectors([row["prompt"] for row in rows])

    def vectors(self, texts: Sequence[str]) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors (V, D) of N texts, V ≥ N, and for each vector the number of its text (V,), ascending."""
        stretches = [(number, ids) for number, text in enumerate(texts) for ids in self._stretches(text)]
        order = sorted(range(len(stretches)), key=lambda place: len(stretches[place][1]))
        found: list[Vectors] = [np.empty(0, np.float32)] * len(stretches)
        for places in _batches(order, [len(ids) for _, ids in stretches]):
            pooled_BD = self._pooled([stretches[place][1] for place in places])
            for place, vector in zip(places, pooled_BD, strict=True):
                found[place] = vector
        return np.stack(found), np.array([number for number, _ in stretches])

    def _stretches(self, text: str) -> list[list[int]]:
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text to a tokenizer
        encoded = self._tokenizer(
            text or " ", truncation=True, max_length=self._longest, return_overflowing_tokens=True, padding=False
        )
        return [ids for ids in encoded["input_ids"] if ids] or [[self._tokenizer.eos_token_id or 0]]

    @torch.no_grad()
    def _pooled(self, rows: Sequence[Sequence[int]]) -> Vectors:
        length = max(map(len, rows))
        ids_BS = torch.tensor([[*row, *[0] * (length - len(row))] for row in rows], device=self._model.device)
        real_BS = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows], device=self._model.device)
        states_BSD = self._model(input_ids=ids_BS, attention_mask=real_BS).last_hidden_state
        mean_BD = (states_BSD * real_BS[..., None]).sum(1) / real_BS.sum(1, keepdim=True)
        vectors: Vectors = torch.nn.functional.normalize(mean_BD, dim=1).cpu().numpy()
        return vectors


class BenchmarkMeanings:
    """The prompts of some benchmarks, to be compared with questions.

    `sources` gives for each benchmark's name a problem source. Raises ProblemError for one that cannot be read.
    """

    def __init__(self, embedder: Embedder, sources: Mapping[str, str], at_least: float) -> None:
        self._embedder, self._at_least = embedder, at_least
        found = [(name, problem) for name, source in sources.items() for problem in load_problems(source)]
        self._owners = [f"{name} {problem.id}" for name, problem in found]
        self._prompts = [problem.prompt for _, problem in found]

    @cached_property
    def _vectors(self) -> tuple[Vectors, NDArray[np.int64]]:
        return self._embedder.vectors(self._prompts)

    def rejections(self, rows: Sequence[Row]) -> list[Rejection | None]:
        """What each row's `prompt` is rejected for."""
        theirs_VD, theirs_V = self._vectors
        vectors_WD, numbers_W = self._embedder.of_rows(rows)
        cosines_WV = vectors_WD @ theirs_VD.T
        found: list[Rejection | None] = []
        for place in range(len(rows)):
            mine_KV = cosines_WV[numbers_W == place]
            owner, cosine = self._owners[theirs_V[int(mine_KV.max(0).argmax())]], float(mine_KV.max())
            close = cosine >= self._at_least
            found.append(Rejection("means the same as a benchmark", f"{owner}, cosine {cosine:.3f}") if close else None)
        return found


def unlike_benchmarks(
    embedder: Embedder, sources: Mapping[str, str], at_least: float, measuring: Measuring = measured_here
) -> Gate:
    """A gate that rejects a row whose `prompt` is as close as `at_least` to a benchmark's, and names the closest."""
    benchmarks = BenchmarkMeanings(embedder, sources, at_least)

    def gate(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
        for block, rejections in measuring(benchmarks.rejections, rows, ROWS_PER_BLOCK):
            yield from zip(block, rejections, strict=True)

    return gate


def unique_meanings(embedder: Embedder, at_least: float, measuring: Measuring = measured_here) -> Gate:
    """A gate that rejects a row whose `prompt` is as close as `at_least` to that of a row kept before, and names the
    closest. Time grows with the square of the kept rows, memory by a vector for each."""

    def gate(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
        kept: list[Vectors] = []  # of each block
        owners: list[list[str]] = []
        for batch, (vectors_WD, numbers_W) in measuring(embedder.of_rows, rows, ROWS_PER_BLOCK):
            closest, cosines = _closest(vectors_WD, kept, owners)
            here_WW = vectors_WD @ vectors_WD.T
            block: list[int] = []
            for place, row in enumerate(batch):
                mine = np.flatnonzero(numbers_W == place)
                best = max(mine, key=lambda w: cosines[w])
                twin, cosine = closest[best], float(cosines[best])
                if block:
                    inside_K = here_WW[mine][:, block].max(0)
                    if float(inside_K.max()) > cosine:
                        twin, cosine = str(batch[numbers_W[block[inside_K.argmax()]]]["id"]), float(inside_K.max())
                if cosine >= at_least:
                    yield row, Rejection("means the same", f"as {twin}, cosine {cosine:.3f}")
                else:
                    block += mine.tolist()
                    yield row, None
            kept.append(vectors_WD[block])
            owners.append([str(batch[numbers_W[w]]["id"]) for w in block])

    return gate


def _closest(
    vectors_WD: Vectors, kept: Sequence[Vectors], owners: Sequence[Sequence[str]]
) -> tuple[list[str], NDArray[np.float32]]:
    """For each vector the id of the kept row that is closest, and the cosine; −1 where there is none."""
    names = [""] * len(vectors_WD)
    best_W = np.full(len(vectors_WD), -1, np.float32)
    for block_KD, ids in zip(kept, owners, strict=True):
        if not len(ids):
            continue
        cosines_WK = vectors_WD @ block_KD.T
        for w in np.flatnonzero(cosines_WK.max(1) > best_W):
            best_W[w] = cosines_WK[w].max()
            names[w] = ids[int(cosines_WK[w].argmax())]
    return names, best_W


def _batches(order: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of like length, as many as fit into TOKENS_PER_PASS with padding."""
    batch: list[int] = []
    for place in order:
        if batch and lengths[place] * (len(batch) + 1) > TOKENS_PER_PASS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
