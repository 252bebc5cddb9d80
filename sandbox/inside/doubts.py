"""What is remembered of the program's say in a test, which makes a pass weak. Each `mark`, here and elsewhere, is a
case; the result says which one came first.

Objects of the program's are known by number. An answer is one that the program gave; one that the test made itself, by
calling a class that it names, is what the test is about, and is taken at its word.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

# What an object is asked without having cause to change anything.
LOOKS = frozenset(("plain", "getattr", "len", "hash", "str", "repr", "bool", "format", "isinstance", "issubclass",
                   "isinstance_of", "issubclass_of", "callable", "type", "dir", "names", "eq", "lt", "le", "gt", "ge",
                   "contains", "getitem", "iter", "reversed", "int", "float", "complex", "bytes", "index", "abs",
                   "round", "trunc", "floor", "ceil", "copy", "deepcopy"))  # fmt: skip
_CONTENT = ("len", "getitem", "iter", "reversed")
_WHOLE = ("iter", "reversed")


class Doubts:
    def __init__(self) -> None:
        self.why = ""  # a pass is weak: what had a say first
        self.gave_a_class = False  # whether a class was among the answers; a test may keep it for another one
        self.acts = 0  # requests that may change something
        self._answers: Counter[int] = Counter()
        self._born: dict[int, int] = {}  # the act in which an object first came
        self._asked: set[tuple[int, str]] = set()
        self._said: dict[tuple[int, str], tuple[int, str]] = {}
        self._held: dict[int, Any] = {}
        self._content: dict[int, str] = {}
        self._fed: set[int] = set()
        self._differences: set[int] = set()
        self._methods: set[int] = set()
        self._made: set[int] = set()  # by the test, by calling a class
        self._own: set[int] = set()  # of these, those that were not shown to the program since
        self._constants: dict[tuple[int, str], int | str] = {}
        self._values: dict[tuple[int, str], Any] = {}  # of constants that are numbers, texts and so on
        self._fixed: Counter[int | str] = Counter()  # the constants before the program was asked anything
        self._named: Counter[int | str] = Counter()  # how often the test named a constant and has not compared it since
        self._iterators: set[int] = set()  # objects that gave themselves for a loop
        self._called_for: set[int] = set()  # what first came as the answer of a call
        self._read: set[tuple[int, str]] = set()

    def mark(self, why: str, when: bool = True) -> None:
        if when and not self.why:
            self.why = why

    def reason(self) -> str:
        """Why a pass is weak; empty where it is not."""
        return self.why or ("a class among the answers" if self.gave_a_class else "")

    def came(self, number: int) -> None:
        self._born.setdefault(number, self.acts)
        self._answers[number] += 1
        # Made by the test, not shown since: so it is no answer.
        self.mark("an object of the test's", number in self._own)

    def not_an_answer(self, number: int) -> None:
        """The object came because the test made it."""
        self._answers[number] -= 1

    def walks_itself(self, number: int) -> None:
        """The object came as its own iterator: no answer if it was none."""
        self.not_an_answer(number)
        self._iterators.add(number)

    def is_its_own_iterator(self, number: int) -> bool:
        return number in self._iterators

    def made_by_class(self, number: int) -> None:
        """The test made it by calling a class, maybe to compare with it."""
        self._own.add(number)
        self._made.add(number)

    def shown(self, number: int) -> None:
        self._own.discard(number)

    def called_for(self, number: int, begun: int) -> None:
        if self._born.get(number, -1) >= begun:
            self._called_for.add(number)

    def constant(self, owner: int, name: str, number: int | str) -> None:
        """What a class (or -1, the program) has under a name stays the same object or value, and is not what it has
        under another."""
        is_new = (owner, name) not in self._constants
        self.mark("a class that was replaced", is_new and type(number) is int and number in self._fixed)
        self._named[number] += 1
        known = self._constants.setdefault((owner, name), number)
        root = name.partition(".")[0]  # of `RED.value`
        others = [other for (where, what), other in self._constants.items()
                  if where == owner and what.partition(".")[0] != root]  # fmt: skip
        self.mark("constants that are not two", known != number or number in others)

    def differs_from_others(self, owner: int, name: str, value: Any) -> None:
        """1, 1.0 and True are one value."""
        self._values[owner, name] = value
        others = [other for (where, what), other in self._values.items() if where == owner and what != name]
        self.mark("constants that are not two", any(bool(other == value) for other in others))

    def fix_constants(self) -> None:
        self._fixed = Counter(self._constants.values())
        self._named.clear()

    def is_constant(self, number: int) -> bool:
        """Whether the test compares with one constant of one class, once for each time that it named it: what is of two
        classes, or what `Colour["RED"]` gives, may be the answer wherever one is wanted."""
        is_one = self._fixed[number] == 1 and self._named[number] > 0
        self._named[number] -= is_one
        return is_one

    def value_of(self, constant: int, words: str) -> None:
        """`Colour.RED.value`"""
        for (owner, name), number in [*self._constants.items()]:
            if number == constant:
                self.constant(owner, f"{name}.value", words)

    def read(self, owner: int, name: str, number: int) -> None:
        """`tree.find(4) is tree.root.left`, where an attribute is looked at for the first time after the answer."""
        self.mark("an attribute looked at later", (owner, name) not in self._read and number in self._called_for)
        self._read.add((owner, name))

    def is_answer(self, number: int) -> bool:
        return self._answers[number] > 0

    def is_the_tests(self, number: int) -> bool:
        """The test made it, and the program never gave it."""
        return number in self._made and not self.is_answer(number)

    def if_older(self, number: int, acts: int) -> None:
        """An object that came before that act may be the one that the test compares it with."""
        self.mark("an object that was there before", self._born.get(number, acts + 1) <= acts)

    def asked(self, number: int, what: str) -> None:
        """An object of unknown make may answer differently each time."""
        self.mark("an object asked twice", (number, what) in self._asked)
        self._asked.add((number, what))

    def speaks(self, method: int) -> None:
        """Something that an object of unknown make has, and that can be called (or -1, a plain value)."""
        self._methods.add(method)

    def spoke(self, method: int, is_judgement: bool) -> None:
        """`answer.equals(9)` is yes or no, and `answer.diff(9)` 0 or not, as its class says."""
        self.mark("what a method makes of arguments", is_judgement and method in self._methods)

    def holds_still(self, number: int, content: Any) -> None:
        """What a list of a class of the program's has is to stay, unless its class is known."""
        self.mark("an object that changed", self._held.get(number, content) != content)
        self._held[number] = content

    def said(self, number: int, what: str, words: str) -> None:
        """An answer of a class that the test names says the same as long as nothing is done."""
        if self.is_answer(number):
            self.says(number, what, words)

    def says(self, number: int, what: str, words: str) -> None:
        acts, before = self._said.get((number, what), (self.acts, words))
        self.mark("an answer that changed", acts == self.acts and before != words)
        self._said[number, what] = (self.acts, words)

    def showed_content(self, number: int, operation: str) -> None:
        """Of such an answer the length, the items by number and what a loop meets need not be of one content."""
        if operation in _CONTENT and self.is_answer(number):
            self.mark("content asked in two ways", self._content.setdefault(number, operation) != operation)
            if operation in _WHOLE:
                self.asked(number, operation)

    def feed(self, number: int) -> None:
        """The program made this object of its own answer and the expected one: what it says is the program's word."""
        self._fed.add(number)

    def may_differ(self, number: int) -> None:
        """The program made this object of one that the test made and a plain value, which may be the expected one."""
        self._differences.add(number)

    def came_of(self, owner: int, number: int, is_measured: bool = False) -> None:
        """Something came of that object: another one, or (-1) a plain value."""
        if owner in self._fed or (is_measured and owner in self._differences):
            self._fed.add(number)
            self.mark("its own arithmetic", number == -1)
