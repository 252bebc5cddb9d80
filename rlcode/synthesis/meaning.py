"""Gates that compare what questions mean: by the cosine of the vectors that a sentence-embedding model gives them.

KodCode (arXiv 2503.02951) uses all-mpnet-base-v2 this way, from 0.95 on, within its subsets and against benchmarks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from reward.models import ModelError, resolve_model
from rlcode.problems.readers import load_problems
from rlcode.synthesis.rejection import Gate, Rejection, Row, in_batches

Vectors = NDArray[np.float32]
ROWS_PER_BATCH = 256
TOKENS_PER_PASS = 8192


class Embedder:
    """Vectors of length 1, the mean over a text's tokens, as sentence-transformers pools them.

    A text longer than the model takes has a vector for each stretch of it: nothing is cut off. Raises ModelError for a
    model that does not load.
    """

    def __init__(self, model: str) -> None:
        from transformers import AutoModel, AutoTokenizer

        path = resolve_model(model)
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(path)
            self._model = AutoModel.from_pretrained(path, dtype=torch.float32).eval()
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"model {model!r} does not load: {str(error).strip().splitlines()[0]}") from None
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model.to(self._device)
        takes = getattr(self._model.config, "max_position_embeddings", None) or TOKENS_PER_PASS
        self._longest = min(self._tokenizer.model_max_length, takes, TOKENS_PER_PASS)

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
        encoded = self._tokenizer(
            text or " ", truncation=True, max_length=self._longest, return_overflowing_tokens=True, padding=False
        )
        return [ids for ids in encoded["input_ids"] if ids] or [[self._tokenizer.eos_token_id or 0]]

    @torch.no_grad()
    def _pooled(self, rows: Sequence[Sequence[int]]) -> Vectors:
        length = max(map(len, rows))
        ids_BS = torch.tensor([[*row, *[0] * (length - len(row))] for row in rows], device=self._device)
        real_BS = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows], device=self._device)
        states_BSD = self._model(input_ids=ids_BS, attention_mask=real_BS).last_hidden_state
        mean_BD = (states_BSD * real_BS[..., None]).sum(1) / real_BS.sum(1, keepdim=True)
        vectors: Vectors = torch.nn.functional.normalize(mean_BD, dim=1).cpu().numpy()
        return vectors


def unlike_benchmarks(embedder: Embedder, sources: Mapping[str, str], at_least: float) -> Gate:
    """A gate that rejects a row whose `prompt` is as close as `at_least` to a benchmark's, and names the closest.

    `sources` gives for each benchmark's name a problem source. Raises ProblemError for one that cannot be read.
    """
    owners = [(name, problem) for name, source in sources.items() for problem in load_problems(source)]
    theirs_VD, theirs_V = embedder.vectors([problem.prompt for _, problem in owners])

    def gate(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
        for batch in in_batches(rows, ROWS_PER_BATCH):
            vectors_WD, numbers_W = embedder.vectors([row["prompt"] for row in batch])
            cosines_WV = vectors_WD @ theirs_VD.T
            for place, row in enumerate(batch):
                mine_KV = cosines_WV[numbers_W == place]
                closest = int(mine_KV.max(0).argmax())
                name, problem = owners[theirs_V[closest]]
                cosine = float(mine_KV.max())
                detail = f"{name} {problem.id}, cosine {cosine:.3f}"
                yield row, Rejection("means the same as a benchmark", detail) if cosine >= at_least else None

    return gate


def unique_meanings(embedder: Embedder, at_least: float) -> Gate:
    """A gate that rejects a row whose `prompt` is as close as `at_least` to that of a row kept before, and names the
    closest. Time grows with the square of the kept rows, memory by a vector for each."""

    def gate(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
        kept: list[Vectors] = []  # a block for each batch
        owners: list[list[str]] = []
        for batch in in_batches(rows, ROWS_PER_BATCH):
            vectors_WD, numbers_W = embedder.vectors([row["prompt"] for row in batch])
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
