"""From a problem to the token ids a model continues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rlcode.data import Prompt
from rlcode.problems import Problem

if TYPE_CHECKING:
    from rlcode.config import PromptConfig


class PromptBuilder:
    """Writes a problem with the model's chat template and opens the answer with a code fence."""

    def __init__(self, model_path: str, settings: PromptConfig):
        from transformers import AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(model_path)
        self.settings = settings

    def build(self, problem: Problem) -> Prompt:
        prefill = self._prefill(problem)
        request = self.settings.template.replace("{prompt}", problem.prompt.strip())
        if self.tokenizer.chat_template:
            messages = [{"role": "user", "content": request}]
            if self.settings.system:
                messages.insert(0, {"role": "system", "content": self.settings.system})
            text = str(self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        else:
            text = request + "\n\n"
        text += prefill
        return Prompt(problem, text, self.tokenizer(text, add_special_tokens=False).input_ids, prefill)

    def _prefill(self, problem: Problem) -> str:
        if self.settings.prefill == "none":
            return ""
        if self.settings.prefill == "starter" and problem.starter_code:
            # No line break at the end: tokenizers join it with the indentation that the model is about to write.
            return f"```python\n{problem.starter_code.rstrip()}"
        return "```python\n"
