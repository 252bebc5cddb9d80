"""One rule for finding the program in what a model wrote."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]*```([^\n`]*)$", re.MULTILINE)


def extract_program(completion: str, prefill: str = "") -> str:
    """The program in `prefill + completion`; empty text when there is none.

    1. The last closed fenced block (between a line that opens with three backticks and the next such line) is it.
    2. Else the text after the last fence left open: the prompt opened it, or the model was cut off.
    3. Else, without any fence, the whole text.

    `prefill` is the start of the answer that the prompt already contained, such as an opened fence with a `def` line.
    """
    text = prefill + completion
    fences = list(_FENCE.finditer(text))
    if not fences:
        return text.strip("\n") + "\n" if text.strip() else ""
    pairs = list(zip(fences[::2], fences[1::2], strict=False))
    closed = [text[opening.end() : closing.start()] for opening, closing in pairs]
    with_code = [block for block in closed if block.strip()]
    if with_code:
        program = with_code[-1]
    elif len(fences) % 2 == 1:
        program = text[fences[-1].end() :]
    else:
        return ""
    return program.strip("\n") + "\n" if program.strip() else ""
