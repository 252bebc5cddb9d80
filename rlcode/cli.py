"""The `rlcode` command."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from reward.models import cache_dir

KNOWN_ERRORS = (ValueError, RuntimeError, FileExistsError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. A failure with a known cause prints one message and returns 1; anything else is a defect and
    keeps its traceback."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_dir() / "torchinductor"))  # its own default is in /tmp
    os.environ.setdefault("TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS", "0")  # 150 MB in /tmp, wherever its cache is
    options = _parse(arguments)
    try:
        return int(options.run(options) or 0)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except KNOWN_ERRORS as error:
        if not _is_ours(error):
            raise
        print("\n".join([f"rlcode: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"rlcode: {error}; make room, and start again", file=sys.stderr)
        return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Settings may stand before and after options: argparse alone does not take `CONFIG --dry-run steps=3`."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    unknown = [text for text in rest if text.startswith("-") or "=" not in text or not hasattr(options, "overrides")]
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if rest:
        options.overrides += rest
    return options


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, FileExistsError) or type(error).__module__.split(".")[0] in ("rlcode", "reward", "sandbox")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rlcode", description="Teaches language models to write correct code.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="reinforcement learning")
    train.add_argument("config", nargs="?", help="a YAML file; see configs/")
    train.add_argument("overrides", nargs="*", metavar="key=value", help="settings to change")
    train.add_argument(
        "--dry-run", action="store_true", help="check settings, problems and the cluster's room, and print the plan"
    )
    train.add_argument("--resume", metavar="RUN_DIR", help="go on from the newest checkpoint of a run")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("eval", help="pass@k on a benchmark, with confidence intervals")
    evaluate.add_argument("config")
    evaluate.add_argument("overrides", nargs="*", metavar="key=value")
    evaluate.set_defaults(run=_eval)

    synth = commands.add_parser("synth", help="problems from seeds: questions and tests by a teacher, verified")
    synth.add_argument("config")
    synth.add_argument("overrides", nargs="*", metavar="key=value")
    synth.add_argument("--stage", metavar="NAME", help="begin this stage anew, and run no other")
    synth.add_argument(
        "--dry-run", action="store_true", help="read the seeds, say what would be asked for, ask nothing"
    )
    synth.set_defaults(run=_synth)

    jobs: tuple[tuple[str, Callable[[argparse.Namespace], int], str], ...] = (
        ("sample", _sample, "n programs a problem, each judged against every test"),
        ("pairs", _pairs, "preference pairs from judged samples"),
        ("rm", _rm, "train a reward model on preference pairs"),
        ("best-of-n", _best_of_n, "rerank samples with a reward model"),
        ("grow", _grow, "more tests for problems with a reference, without a teacher"),
        ("acecoder", _acecoder, "samples, pairs, reward model, best of n and reinforcement learning, in one command"),
    )
    for name, run, help_text in jobs:
        job = commands.add_parser(name, help=help_text)
        job.add_argument("config")
        job.add_argument("overrides", nargs="*", metavar="key=value")
        job.set_defaults(run=run)

    view = commands.add_parser("view", help="curves and rollouts of a run")
    view.add_argument("run_dir")
    view.set_defaults(run=_view)

    doctor = commands.add_parser("doctor", help="what this machine can run, and what is missing")
    doctor.set_defaults(run=_doctor)
    return parser


def _train(options: argparse.Namespace) -> int:
    from reward.settings import ConfigError, dump_config, load_config
    from rlcode.checkpoint import Checkpoints
    from rlcode.config import TrainConfig
    from rlcode.driver import train
    from rlcode.preflight import plan, refuse_existing_run
    from rlcode.preparation import prepare, write_config
    from rlcode.report import headline

    if options.resume:
        overrides = [text for text in [options.config, *options.overrides] if text]
        config = load_config(TrainConfig, Path(options.resume) / "config.yaml", overrides)
        config.output_dir = Path(options.resume)
        Checkpoints(config.output_dir, config.checkpoint.keep).latest(config.model)  # before anything is written
    elif options.config:
        config = load_config(TrainConfig, options.config, options.overrides)
        refuse_existing_run(config.output_dir)
    else:
        raise ConfigError("which config? Give a YAML file, such as configs/quickstart.yaml, or --resume RUN_DIR")
    prepared = prepare(config)
    if options.dry_run:
        print(plan(config, prepared))
        return 0
    write_config(dump_config(config), config.output_dir)
    model = train(config, prepared, resume=bool(options.resume))
    print(f"{headline(config.output_dir)}; open {config.output_dir / 'report.html'}")
    print(f"the model is in {model}")
    return 0


def _eval(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from rlcode.config import EvalConfig
    from rlcode.evaluation_job import evaluate_model
    from rlcode.preparation import prepare

    config = load_config(EvalConfig, options.config, options.overrides)
    evaluate_model(config, prepare(config))
    return 0


def _synth(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from rlcode.synthesis.job import plan, synthesize
    from rlcode.synthesis.settings import SynthConfig

    config = load_config(SynthConfig, options.config, options.overrides)
    if options.dry_run:
        print(plan(config))
        return 0
    problems = synthesize(config, options.stage)
    if not options.stage:
        print(f"problems: {problems}")
    return 0


def _sample(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from rlcode.config import SampleConfig
    from rlcode.sample_job import sample

    print(f"samples: {sample(load_config(SampleConfig, options.config, options.overrides))}")
    return 0


def _pairs(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from rlcode.config import PairsConfig
    from rlcode.pairs_job import build_pairs

    build_pairs(load_config(PairsConfig, options.config, options.overrides))
    return 0


def _best_of_n(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from rlcode.best_of_n_job import rerank
    from rlcode.config import BestOfNConfig

    rerank(load_config(BestOfNConfig, options.config, options.overrides))
    return 0


def _grow(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from rlcode.config import GrowConfig
    from rlcode.synthesis.grow_job import grow_problems

    print(grow_problems(load_config(GrowConfig, options.config, options.overrides)))
    return 0


def _rm(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from reward.train import train_reward_model
    from reward.train_settings import RewardTrainConfig

    print(train_reward_model(load_config(RewardTrainConfig, options.config, options.overrides)))
    return 0


def _acecoder(options: argparse.Namespace) -> int:
    from reward.settings import load_config
    from rlcode.config import AceCoderConfig
    from rlcode.recipe import run_recipe

    run_recipe(load_config(AceCoderConfig, options.config, options.overrides))
    return 0


def _view(options: argparse.Namespace) -> int:
    from rlcode.view import view

    view(options.run_dir)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from rlcode.doctor import diagnose

    return diagnose()
