"""`rlcode doctor` on this machine, and on this machine with something broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from reward.models import EMBEDDED_MODEL
from rlcode.cli import main


def test_a_machine_that_runs_the_tests_can_train(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["doctor"])

    lines = capsys.readouterr().out.splitlines()
    missing = [line for line in lines if line.startswith("missing")]
    assert [line for line in missing if "memory" not in line and "disk" not in line] == []  # those depend on the moment
    assert status == (1 if missing else 0)
    assert lines[-1].startswith("`make train` can run here") != bool(missing)


def test_a_damaged_model_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RLCODE_CACHE", str(tmp_path))
    folder = tmp_path / "models" / EMBEDDED_MODEL
    folder.mkdir(parents=True)
    (folder / "rlcode-manifest.json").write_text('{"sha256": {"model.safetensors": "0"}}')

    assert main(["doctor"]) == 1

    assert f"delete {folder}" in capsys.readouterr().out


def test_cuda_builds_beside_a_torch_for_cpus_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package, version in (("torch", "2.13.0+cpu"), ("torchvision", "0.28.0")):
        info = tmp_path / f"{package}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert main(["doctor"]) == 1

    assert "pip uninstall torchvision" in capsys.readouterr().out
