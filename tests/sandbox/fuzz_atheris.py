"""The properties of test_fuzz.py under coverage-guided fuzzing, for as long as one likes.

    pip install atheris
    python tests/sandbox/fuzz_atheris.py decoder -max_total_time=600
    python tests/sandbox/fuzz_atheris.py structured_decoder -max_total_time=600
    python tests/sandbox/fuzz_atheris.py taker_apart -max_total_time=600

Any other exception than the documented ones, more than 5 seconds for one input or more than 1 GB ends the run with the
input in a file.
"""

from __future__ import annotations

import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["sandbox"]):
    from sandbox.trusted.compare import compare_output, equals_json, show
    from sandbox.trusted.take_apart import CallRaised, NotSimple, Report, take_apart_assert, take_apart_check
    from sandbox.wire import FrameReader, WireError, decode, encode, parse_body

TAGS = [f'["{tag}",' for tag in "LTSZDqCOdNAifcbBXx"]
JSON_PIECES = [
    '["', '",', "[", "]", ",", "{", "}", ":", '"', "0", "1", "9007199254740993", "1e999", "-0.0", "null", "true",
    "nan", "inf", "0xff", "AAAA", "float64", "int", *TAGS,
]  # fmt: skip
CODE_PIECES = [
    "assert", "f(", "g()", "(", ")", "[", "]", "{", "}", ",", ":", "1", "2.5", "-", "10", "'ab'", "==", "!=", "<",
    "in", "not", "and", "or", "is", "**", "*", "+", "/", "%", "None", "math.", "abs(", "len(", "sorted(", "set(",
    "import", "for", "lambda", "x", "c(", "Solution().run(", "=", ".", "\\", "#", "\n", "\n    ",
]  # fmt: skip
ANSWERS = [None, 0, 1.5, "ab", [1, 2], (1,), {1: 2}, {1, 2}, float("nan"), 10**400, b"x", [[]]]


def decoder(data: bytes) -> None:
    with suppress(WireError):
        for body in FrameReader(1 << 20).feed(len(data).to_bytes(4, "little") + data):
            value = decode(parse_body(body))
            show(value)
            encode(value)
            for expected in ANSWERS:
                equals_json(value, expected)
    compare_output(data, data[::-1])


def structured_decoder(data: bytes) -> None:
    decoder("".join(JSON_PIECES[byte % len(JSON_PIECES)] for byte in data).encode())


def taker_apart(data: bytes) -> None:
    text = " ".join(CODE_PIECES[byte % len(CODE_PIECES)] for byte in data)
    checks = (f"def check(c):\n    {text}", lambda code: take_apart_check(code, "f"))
    for code, take in ((text, take_apart_assert), checks):
        for answer in ANSWERS:
            with suppress(NotSimple, CallRaised):
                apart = take(code)
                apart.verify([Report(answer)] * len(apart.calls))


TARGETS = {"decoder": decoder, "structured_decoder": structured_decoder, "taker_apart": taker_apart}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz_atheris.py {{{','.join(TARGETS)}}} [libFuzzer options]")
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup([*sys.argv, "-timeout=5", "-rss_limit_mb=1024"], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
