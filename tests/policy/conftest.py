from __future__ import annotations

import pytest
from policy_samples import VOCABULARY
from small_models import random_llama


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a model whose vocabulary is that of the samples."""
    return random_llama(tmp_path_factory.mktemp("models") / "random", VOCABULARY)


@pytest.fixture(scope="session")
def wide_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One whose head is as wide as a real one's."""
    return random_llama(tmp_path_factory.mktemp("models") / "wide")
