"""Honest programs and tests that hand each other what is hard to hand over."""

from __future__ import annotations

import pytest

from sandbox import Judge, Test

HONEST: dict[str, tuple[str, str]] = {
    "an object's own hash": (
        "class P:\n    def __init__(self, x): self.x = x\n    def __hash__(self): return hash(('P', self.x))\n",
        "from solution import P\ndef test_a(): assert hash(P('a')) == hash(('P', 'a'))",
    ),
    "the signature of a test's function": (
        """
import functools, inspect
def checked(function):
    signature = inspect.signature(function)
    @functools.wraps(function)
    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            if not isinstance(value, function.__annotations__.get(name, object)):
                raise TypeError(name)
        return function(*args, **kwargs)
    return call
def curry(function):
    def call(*args):
        return function(*args) if len(args) >= function.__code__.co_argcount else lambda *more: call(*args, *more)
    return call
""",
        """
import pytest
from solution import checked, curry
def test_checked():
    @checked
    def f(a: int, b: str = "x", *c, d=3, **e):
        "What it does."
        return a, b, c, d, e
    assert f(1) == (1, "x", (), 3, {}) and f(1, "y", 2, d=4, g=5) == (1, "y", (2,), 4, {"g": 5})
    assert f.__name__ == "f" and f.__doc__ == "What it does."
    with pytest.raises(TypeError): f("1")
def test_curry():
    assert curry(lambda a, b, c: a + b + c)(1)(2)(3) == 6
""",
    ),
    "generators of random numbers": (
        "class Dice:\n    def __init__(self, source): self.source = source\n"
        "    def roll(self): return self.source.randint(1, 6)\n"
        "def draw(count, source): return source.normal(size=count)\n",
        "import random\nimport numpy as np\nfrom solution import Dice, draw\n"
        "def test_a(): assert Dice(random.Random(5)).roll() == random.Random(5).randint(1, 6)\n"
        "def test_b(): assert (draw(3, np.random.default_rng(1)) == np.random.default_rng(1).normal(size=3)).all()\n",
    ),
    "several bases of an exception": (
        "class Missing(KeyError, AttributeError): pass\ndef f(): raise Missing('x')\ndef g(): return None.word\n",
        "import pytest\nfrom solution import f, g\ndef test_a():\n    for kind in (AttributeError, KeyError):\n"
        "        with pytest.raises(kind): f()\n    with pytest.raises(AttributeError) as caught: g()\n"
        "    assert caught.value.name == 'word'\n",
    ),
    "a callback from threads": (
        "from concurrent.futures import ThreadPoolExecutor\ndef pmap(function, items):\n"
        "    with ThreadPoolExecutor(4) as pool: return list(pool.map(function, items))\n",
        "from solution import pmap\ndef test_a(): assert pmap(lambda x: 2 * x, range(50)) == list(range(0, 100, 2))",
    ),
    "operators in place": (
        "class V:\n    def __init__(self, x): self.x = x\n    def __itruediv__(self, k):\n        self.x /= k\n"
        "        return self\n    def __complex__(self): return complex(self.x)\n",
        "from solution import V\ndef test_a():\n    v = V(4)\n    v /= 2\n    assert v.x == 2 and complex(v) == 2 + 0j",
    ),
    "identifiers and arrays": (
        "import array, uuid\ndef f(): return uuid.UUID(int=5), array.array('i', [1, 2])\n"
        "def g(name): return str(name)\n",
        "import array, uuid\nfrom solution import f, g\ndef test_a():\n"
        "    assert f() == (uuid.UUID(int=5), array.array('i', [1, 2]))\n"
        "    assert g(uuid.UUID(int=7)) == str(uuid.UUID(int=7))\n",
    ),
    "zones, patterns and namespaces": (
        "import re\nfrom collections import ChainMap\nfrom datetime import timezone\n"
        "from types import SimpleNamespace\n"
        "from zoneinfo import ZoneInfo\ndef there(moment, zone): return moment.astimezone(ZoneInfo(zone))\n"
        "def facts(): return timezone.utc, re.compile('a+', re.I), SimpleNamespace(a=1), ChainMap({'a': 1}, {'b': 2})\n"
        "def words(pattern, text): return pattern.findall(text)\n",
        "import re\nfrom collections import ChainMap\nfrom datetime import datetime, timezone\n"
        "from types import SimpleNamespace\nfrom zoneinfo import ZoneInfo\nfrom solution import facts, there, words\n"
        "def test_a():\n    noon = there(datetime(2026, 7, 1, 12, tzinfo=timezone.utc), 'America/New_York')\n"
        "    assert noon.tzname() == 'EDT' and noon.hour == 8 and noon.tzinfo == ZoneInfo('America/New_York')\n"
        "    zone, pattern, *rest = facts()\n    assert (zone, pattern) == (timezone.utc, re.compile('a+', re.I))\n"
        "    assert rest == [SimpleNamespace(a=1), ChainMap({'a': 1}, {'b': 2})]\n"
        "    assert words(re.compile('a+', re.I), 'aAbA') == ['aA', 'A']\n",
    ),
    "lines written at once": (
        "import sys\ndef f(): sys.stdout.writelines(['a\\n', 'b\\n'])\n",
        "from solution import f\ndef test_a(capsys):\n    f()\n    assert capsys.readouterr().out == 'a\\nb\\n'",
    ),
    "classes at which pytest looks before any test": (
        "from enum import Enum\nfrom typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "class Light(Enum):\n    RED = 1\nclass Box(Generic[T]):\n    def open(self): return 1\n",
        "from solution import Box, Light\ndef test_a(): assert Box().open() == Light.RED.value == 1",
    ),
    "functions as parameters, beside others": (
        "def bubble(x): return sorted(x)\ndef quick(x): return sorted(x)\n",
        "import pytest\nfrom solution import bubble, quick\n@pytest.mark.parametrize('sort', [bubble, quick])\n"
        "@pytest.mark.parametrize('data', [[3, 1], []])\ndef test_a(sort, data): assert sort(data) == sorted(data)\n",
    ),
    "a class of the test in the place of another": (
        "from datetime import date\ndef age(born): return (date.today() - born).days\n",
        "import datetime\nfrom solution import age\nclass Fake(datetime.date):\n    @classmethod\n"
        "    def today(cls): return cls(2001, 2, 3)\ndef test_a(monkeypatch):\n"
        "    monkeypatch.setattr('solution.date', Fake)\n    assert age(datetime.date(2001, 2, 1)) == 2\n",
    ),
    "functions of libraries": (
        "import logging\ndef apply(f, *args): return f(*args)\ndef same(x): return x\n"
        "def log(handler, *words):\n    logger = logging.Logger('x')\n    logger.addHandler(handler)\n"
        "    logger.warning(*words)\n"
        "class Hooks:\n    def __init__(self): self.made = []\n    def add(self, f): self.made.append(f)\n",
        """
import functools, logging, operator, string
import numpy as np
import pytest
from unittest import TestCase
from solution import Hooks, apply, log, same
class Lines(logging.Handler):
    def __init__(self): super().__init__(); self.lines = []
    def emit(self, record): self.lines.append(record.getMessage())
class Row:
    name = "x"
    def add(self, f, *args): return f(*args)
KNOWN = [len, sorted, open, getattr, np.mean, np.sin, operator.attrgetter, str.format, functools.reduce, TestCase]
def test_same():
    hooks = Hooks()
    for one in KNOWN:
        assert same(one) is one
        hooks.add(one)
    assert hooks.made == KNOWN
def test_called():
    assert apply(getattr, Row(), "name") == apply(operator.attrgetter("name"), Row()) == "x"
    assert apply(np.mean, [1, 3]) == 2 and apply(np.vectorize(abs), [-1]).tolist() == [1]
    assert apply(functools.partial(int, base=2), "101") == 5 and apply("{}!".format, "a") == "a!"
    assert apply(str.format, "{}!", "a") == "a!" and apply(operator.methodcaller("upper"), "a") == "A"
    assert apply(functools.lru_cache(len), "abc") == 3 and apply(string.Template("$a").substitute, {"a": 1}) == "1"
    assert apply(apply, abs, -2) == 2 and apply(Row().add, np.mean, [1, 3]) == 2
    with pytest.raises(pytest.fail.Exception): apply(pytest.fail, "no")
    with pytest.raises(FileNotFoundError): apply(open, "missing")
def test_handler():
    handler = Lines()
    log(handler, "hi %s", "you")
    assert handler.lines == ["hi you"]
""",
    ),
    "objects of the test that cannot be called": (
        "def run(it, x): return it(x) if callable(it) else it.run(x)\n",
        "from solution import run\nclass Job:\n    def run(self, x): return 2 * x\n"
        "def test_a(): assert run(Job(), 3) == run(lambda x: 2 * x, 3) == 6\n",
    ),
    "addresses, arguments of a command and what a module says of itself": (
        "'Words.'\nimport argparse, ipaddress\ndef first(net): return next(net.hosts())\ndef dots(): return ...\n"
        "def parse(words):\n    parser = argparse.ArgumentParser()\n    parser.add_argument('name')\n"
        "    return parser.parse_args(words)\ndef greet(args): return f'Hello, {args.name}'\n",
        "import argparse, ipaddress\nimport solution\nfrom solution import *\ndef test_a():\n"
        "    assert first(ipaddress.ip_network('10.0.0.0/8')) == ipaddress.ip_address('10.0.0.1')\n"
        "    assert parse(['Ann']) == argparse.Namespace(name='Ann')\n"
        "    assert greet(argparse.Namespace(name='Ann')) == 'Hello, Ann'\n"
        "    assert dots() is ... and solution.__doc__ == 'Words.'\n",
    ),
    "values as deep as an interpreter takes": (
        "def same(x): return x",
        "from solution import same\ndef test_a():\n    x, y = [], {}\n    for _ in range(290): x, y = [x], {'y': y}\n"
        "    assert same(x) == x and same(y) == y",
    ),
    "what an exception of the system says": (
        "def f(): raise PermissionError('Bob needs admin')\ndef g(): open('/nowhere/x')\n"
        "def h(): raise FileNotFoundError\n",
        "import pytest\nfrom solution import f, g, h\ndef test_a():\n"
        "    with pytest.raises(PermissionError, match='^Bob needs admin$') as caught: f()\n"
        "    assert caught.value.filename is None\n"
        "    with pytest.raises(OSError, match=\"No such file or directory: '/nowhere/x'\") as caught: g()\n"
        "    assert caught.value.filename == '/nowhere/x'\n"
        "    with pytest.raises(FileNotFoundError, match='^$'): h()\n",
    ),
    "the order of an OrderedDict": (
        "from collections import OrderedDict\nclass Recent(OrderedDict):\n    def use(self, key):\n"
        "        self.move_to_end(key)\n        return self[key]\n"
        "def moved():\n    found = OrderedDict(a=1, b=2)\n    found.move_to_end('a')\n    return found\n"
        "class Cache:\n    def __init__(self): self.held = OrderedDict(a=1, b=2)\n"
        "    def use(self, key): self.held.move_to_end(key)\n",
        "from solution import Cache, Recent, moved\ndef test_a():\n    assert list(moved()) == ['b', 'a']\n"
        "    recent = Recent(a=1, b=2)\n    assert recent.use('a') == 1 and list(recent.keys()) == ['b', 'a']\n"
        "    cache = Cache()\n    assert list(cache.held) == ['a', 'b']\n    cache.use('a')\n"
        "    assert list(cache.held) == ['b', 'a']\n    cache.held.move_to_end('b')\n    cache.use('a')\n"
        "    assert list(cache.held) == ['b', 'a']\n",
    ),
    "a mock of one of the program's classes": (
        "class Listener:\n    def hear(self, word): raise NotImplementedError\n"
        "def tell(listener, word): listener.hear(word)\n",
        "from unittest.mock import Mock\nfrom solution import Listener, tell\ndef test_a():\n"
        "    heard = Mock(spec=Listener)\n    tell(heard, 'a')\n    heard.hear.assert_called_once_with('a')\n",
    ),
    "NotImplemented, and objects as bytes": (
        "class Bits:\n    def __init__(self, number): self.number = number\n"
        "    def __bytes__(self): return bytes([self.number])\n    def __index__(self): return self.number\n"
        "def add(a, b): return a + b if type(a) is type(b) else NotImplemented\n",
        "from solution import Bits, add\ndef test_a():\n"
        "    assert bytes(Bits(3)) == b'\\x03' and add(1, 'a') is NotImplemented\n",
    ),
    "calls by threads while the test sleeps": (
        "import threading\ndef later(seconds, call, *args): threading.Timer(seconds, call, args).start()\n",
        "import time\nfrom unittest.mock import Mock\nfrom solution import later\ndef test_a():\n"
        "    heard, call, begun = [], Mock(), time.monotonic()\n    later(0.02, heard.append, 1)\n"
        "    later(0.04, call, 2)\n    assert heard == []\n    time.sleep(0.3)\n"
        "    assert heard == [1] and time.monotonic() - begun >= 0.3\n    call.assert_called_once_with(2)\n",
    ),
    "classes of the library at whose bases pytest looks": (
        "from abc import ABC, abstractmethod\nfrom enum import IntFlag\nfrom typing import Protocol\n"
        "class Rights(IntFlag):\n    READ = 4\nclass Shape(ABC):\n    @abstractmethod\n    def area(self): ...\n"
        "class Sized(Protocol):\n    def area(self): ...\n"
        "class Square(Shape):\n    def area(self): return 4\n",
        "from solution import Rights, Shape, Sized, Square\n"
        "def test_a(): assert Square().area() == Rights.READ.value == 4\n",
    ),
    "the class datetime by a star import": (
        "from datetime import datetime, timedelta\ndef days(a, b): return (b - a).days\n"
        "def parse(text): return datetime.strptime(text, '%Y-%m-%d')\n",
        "from solution import *\ndef test_a():\n    assert parse('2026-01-02') == datetime(2026, 1, 2)\n"
        "    assert parse('2026-01-02') < datetime.now()\n",
    ),
    "functions that are called as modules of the library are": (
        "def statistics(numbers): return {'most': max(numbers)}\ndef copy(numbers): return [*numbers]\n",
        "from solution import *\ndef test_a(): assert statistics([1, 3]) == {'most': 3} and copy([1]) == [1]",
    ),
    "lists and dicts of a class that holds objects": (
        "from decimal import Decimal\nclass Song:\n    def __init__(self, title): self.title = title\n"
        "class Songs(list):\n    def titles(self): return [song.title for song in self]\n"
        "class Index(dict):\n    def put(self, song): self[song.title] = song\n"
        "class Sums(list): pass\ndef sums(): return Sums([Decimal('1.5'), Decimal(2)])\n",
        "from solution import Index, Song, Songs, sums\ndef test_a():\n    songs = Songs([Song('a')])\n"
        "    songs.append(Song('b'))\n    assert len(songs) == 2 and songs.titles() == ['a', 'b']\n"
        "    assert songs[1].title == 'b' and [song.title for song in songs] == ['a', 'b']\n"
        "    index = Index()\n    index.put(songs[0])\n    assert index['a'].title == 'a' and len(index) == 1\n"
        "def test_b(): assert sums() == [1.5, 2] and sum(sums()) == 3.5\n",
    ),
    "what a mock has been asked, and in which order": (
        "def tell(listener): return listener.hear(1) and listener.hear(2, x=3)\n",
        "from unittest.mock import MagicMock, call\nfrom solution import tell\ndef test_a():\n"
        "    listener = MagicMock()\n    listener.hear.return_value = True\n    assert tell(listener)\n"
        "    assert listener.mock_calls == [call.hear(1), call.hear(2, x=3)]\n"
        "    listener.hear.assert_has_calls([call(1), call(2, x=3)])\n",
    ),
    "so much of standard input": (
        "from sys import stdin\ndef f(): return stdin.read(2), stdin.readline(1), stdin.readline(), stdin.read()\n",
        "import io\nfrom solution import f\ndef test_a(monkeypatch):\n"
        "    monkeypatch.setattr('sys.stdin', io.StringIO('abcd\\nef\\ng'))\n"
        "    assert f() == ('ab', 'c', 'd\\n', 'ef\\ng')\n",
    ),
    "standard streams, read and written as bytes": (
        "import io, sys\nread = sys.stdin.buffer.readline\n"
        "def add():\n    first, *rest = map(int, (sys.stdin.buffer.readline(), *sys.stdin.buffer))\n"
        "    sys.stdout.buffer.write(b'%d\\n' % (first + sum(rest)))\n"
        "def words(): return not sys.stdin.isatty() and [next(sys.stdin), *sys.stdin]\n"
        "def wrong(): sys.stdout.write(b'x')\n"
        "def wrapped(): print('é', file=io.TextIOWrapper(sys.stdout.buffer, 'utf-8', line_buffering=True))\n",
        "import io, sys\nimport pytest\nfrom solution import add, words, wrapped, wrong\n"
        "def test_a(monkeypatch, capsys):\n"
        "    monkeypatch.setattr('sys.stdin', io.TextIOWrapper(io.BytesIO(b'1\\n2\\n3\\n')))\n    add()\n"
        "    wrapped()\n    assert capsys.readouterr().out == '6\\né\\n'\ndef test_b(monkeypatch):\n"
        "    monkeypatch.setattr('sys.stdin', io.StringIO('a\\nb'))\n    assert words() == ['a\\n', 'b']\n"
        "    with pytest.raises(TypeError): wrong()\n",
    ),
    "variables of the program": (
        "held = []\nroom = {'at': 'hall'}\ndef take(thing):\n    held.append(thing)\n    room['at'] = 'attic'\n",
        "from solution import held, room, take\ndef test_a():\n    take(1)\n    take(2)\n"
        "    assert held == [1, 2] and room['at'] == 'attic'\n"
        "    held.append(3)\n    take(4)\n    assert held == [1, 2, 3, 4]\n",
    ),
    "copies of the test's objects, and others of their class": (
        "import copy\ndef clone(node): return copy.deepcopy(node)\ndef twin(node): return copy.copy(node)\n"
        "def grown(node): return type(node)(node.value + 1)\ndef alike(a, b): return type(a) is type(b)\n",
        "from solution import alike, clone, grown, twin\nclass Node:\n"
        "    def __init__(self, value, next=None): self.value, self.next = value, next\n"
        "def test_a():\n    node = Node(1, Node(2))\n    other, same = clone(node), twin(node)\n"
        "    other.next.value = same.value = 5\n    assert node.value == 1 and node.next.value == 2\n"
        "    assert same.next is node.next and isinstance(other, Node)\n"
        "    assert grown(node).value == 2 and alike(node, other) and not alike(node, 1)\n",
    ),
    "a copy of objects of the test's that are linked": (
        "import copy\ndef clone(nodes): return copy.deepcopy(nodes)\n",
        "from solution import clone\nclass Node:\n    next = None\ndef test_a():\n    first, second = Node(), Node()\n"
        "    first.next, second.next = second, first\n    one, two = clone([first, second])\n"
        "    assert one.next is two and two.next is one and one is not first\n"
        "    assert clone([first])[0] is not one\n",
    ),
    "what dataclasses does with one of the test's": (
        "import dataclasses\ndef older(person): return dataclasses.replace(person, age=person.age + 1)\n"
        "def row(it): return dataclasses.asdict(it) if dataclasses.is_dataclass(it) else it\n",
        "from dataclasses import dataclass, field\nfrom typing import ClassVar\nfrom solution import older, row\n"
        "@dataclass\nclass Person:\n    age: int\n    tags: list = field(default_factory=list)\n"
        "    kind: ClassVar[str] = 'p'\n    boss: 'Person' = field(default=None, init=False)\n"
        "def test_a():\n    ann, bob = Person(1, ['x']), Person(2)\n    assert older(ann) == Person(2, ['x'])\n"
        "    bob.boss = ann\n    assert row(bob)['boss'] == {'age': 1, 'tags': ['x'], 'boss': None} and row(3) == 3\n",
    ),
    "what is put into a list one after another": (
        "def squares(n): yield from (i * i for i in range(n))\nclass Songs:\n"
        "    def __iter__(self): return iter('ab')\n"
        "def songs(): return Songs()\n",
        "import pytest\nfrom collections import deque\nfrom solution import Songs, songs, squares\n"
        "def test_a():\n    found = same = [5]\n"
        "    found += squares(3)\n    found += Songs()\n    found += songs()\n"
        "    assert same == [5, 0, 1, 4, 'a', 'b', 'a', 'b']\n"
        "    with pytest.raises(TypeError): [1] + Songs()\n    queue = deque()\n    queue += squares(2)\n"
        "    assert queue == deque([0, 1])\n",
    ),
    "what is in an object that only has a loop": (
        "class Deck:\n    def __init__(self, *cards): self.cards = cards\n"
        "    def __iter__(self): return iter(self.cards)\n"
        "def words(): yield from 'xy'\n",
        "from solution import Deck, words\n"
        "def test_a(): assert 2 in Deck(1, 2) and 3 not in Deck(1, 2) and None not in Deck()\n"
        "def test_b(): assert ' '.join(words()) == 'x y' and ' '.join(Deck('a', 'b')) == 'a b'\n",
    ),
    "a built-in function that the test hands over": (
        "def named(function, *args): return function.__name__, function(*args)\n",
        "from solution import named\ndef test_a(): assert named(len, 'abc') == ('len', 3)\n",
    ),
    "a list of an answer that has a length, too": (
        "class Deck:\n    def __init__(self, cards): self.cards = list(cards)\n"
        "    def __iter__(self): return iter(self.cards)\n    def __len__(self): return len(self.cards)\n"
        "    def turned(self): return Deck(self.cards[::-1])\n",
        "from solution import Deck\ndef test_a(): assert list(Deck([1, 2]).turned()) == [2, 1]\n"
        "def test_b(): assert [*Deck([1, 2]).turned()] == [2, 1] and sorted(Deck([1, 2]).turned()) == [1, 2]\n",
    ),
    "plain variables of a class, set anew": (
        "class Bank:\n    count, names = 0, []\n    def __init__(self, name):\n        Bank.count += 1\n"
        "        self.names.append(name)\n",
        "import pytest\nfrom solution import Bank\n@pytest.fixture(autouse=True)\ndef anew():\n"
        "    Bank.count, Bank.limit = 0, None\n    Bank.count = 0\n    Bank.names = []\n"
        "@pytest.mark.parametrize('name', ['a', 'b'])\ndef test_a(name):\n    Bank(name)\n"
        "    assert Bank.count == 1 and Bank.names == [name]\n",
    ),
    "a variable of a class that its methods read": (
        "class Config:\n    limit, names = 1, ()\n    def clamp(self, x): return min(x, self.limit)\n",
        "from solution import Config\ndef test_a():\n    Config.limit, Config.names = 5, {'b', 'a'}\n"
        "    assert Config().clamp(7) == Config.limit and Config.names == {'a', 'b'}\n",
    ),
    "streams that are replaced by their names": (
        "def double():\n    print(2 * int(input()))\n",
        "import io, sys\nfrom solution import double\ndef test_a(monkeypatch):\n    out = io.StringIO()\n"
        "    monkeypatch.setattr(sys, 'stdin', io.StringIO('4'))\n    monkeypatch.setattr(sys, 'stdout', out)\n"
        "    double()\n    assert out.getvalue() == '8\\n'\n",
    ),
    "a path that says where the program lies": (
        "def f(x): return x + 1\n",
        "import os, sys\nfrom pathlib import Path\nsys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))\n"
        "sys.path.append(str(Path(__file__).parent))\nfrom solution import f\ndef test_a(): assert f(1) == 2\n",
    ),
    "names that a pattern binds": (
        "def powers(x): return [x, x * x, x ** 3]\n",
        "from solution import powers\ndef test_a():\n    match powers(3):\n        case [one, *others]:\n"
        "            assert one == 3 and others == [9, 27]\n"
        "    match {'one': powers(3)}:\n        case {**rest}:\n            assert rest == {'one': [3, 9, 27]}\n",
    ),
    "what JSON is made of": (
        "from enum import Enum\nclass Color(str, Enum):\n    RED = 'r'\nclass Config(dict): pass\n",
        "import json\nfrom solution import Color, Config\n"
        'def test_a(): assert json.dumps({\'c\': Color.RED, \'d\': Config(a=1)}) == \'{"c": "r", "d": {"a": 1}}\'',
    ),
    "what an exception of the program's can do": (
        "class Many(Exception):\n    def __init__(self, errors):\n        super().__init__('many')\n"
        "        self.errors = errors\n    def __len__(self): return len(self.errors)\n"
        "    def __iter__(self): return iter(self.errors)\n"
        "    def __getitem__(self, place): return self.errors[place]\n"
        "    def __int__(self): return 7\n    def __format__(self, how): return f'{how}!'\n"
        "    def __repr__(self): return 'Many!'\n"
        "class More(Many, ValueError): pass\nclass Bare(Exception): pass\n"
        "def f(*errors): raise More(errors)\ndef g(): return Many(['a'])\n",
        "import pytest\nfrom solution import Bare, Many, f, g\ndef caught():\n"
        "    with pytest.raises(ValueError) as error: f('a', 'b')\n    return error.value\ndef test_a():\n"
        "    assert len(caught()) == 2 and list(caught()) == ['a', 'b'] and caught()[1] == 'b' and int(caught()) == 7\n"
        "    assert f'{caught():x} {caught()!r}' == 'x! Many!' and not Many([]) and Many([1]) and Bare()\n"
        "    assert g()[0] == 'a' and len(g()) == len(Many([1])) == 1 and repr(Bare(1)) == 'Bare(1)'\n"
        "    with pytest.raises(TypeError): len(Bare())\n"
        "    assert vars(caught()) == caught().__dict__ == {'errors': ('a', 'b')} and vars(Bare()) == {}\n",
    ),
    "a class that an exception of the program's has beside": (
        "class Coded:\n    def code(self): return self.args[0]\nclass Failed(Coded, Exception): pass\n"
        "class Other: pass\ndef f(): raise Failed(3)\n",
        "import pytest\nfrom solution import Coded, Failed, Other, f\ndef test_a():\n"
        "    with pytest.raises(Failed) as error: f()\n    assert error.value.code() == 3\n"
        "    assert isinstance(error.value, Coded) and not isinstance(error.value, Other)\n",
    ),
    "a named tuple of numpy's, given back": (
        "import numpy as np\ndef solve(rows): return np.linalg.eigh(np.array(rows))\n"
        "def largest(found): return float(found.eigenvalues[-1])\n",
        "from solution import largest, solve\ndef test_a(): assert largest(solve([[2, 0], [0, 1]])) == 2.0\n",
    ),
    "named tuples of the test's": (
        "def best(people): return max(people, key=lambda one: one.age)\n"
        "def older(one): return one._replace(age=one.age + 1)\n"
        "def alike(a, b): return type(a) is type(b)\n"
        "def twin(one): return type(one)(*one), type(one)\n",
        "from collections import namedtuple\nfrom typing import NamedTuple\n"
        "from solution import alike, best, older, twin\nP = namedtuple('P', 'name age')\nclass Q(NamedTuple):\n"
        "    name: str\n    age: int = 3\n    def older(self): return self.age + 1\ndef test_a():\n"
        "    found = best([P('a', 1), P('b', 2)])\n    assert isinstance(found, P) and found == P('b', 2)\n"
        "    assert type(older(P('a', 1))) is P and older(Q('a')).older() == 5 and twin(P(1, 2)) == (P(1, 2), P)\n"
        "    assert isinstance(twin(Q('a'))[0], Q) and alike(P(1, 2), P(3, 4)) and not alike(P(1, 2), Q('a', 2))\n",
    ),
    "what a class that the test names derives from": (
        "from abc import ABC, abstractmethod\nfrom collections.abc import Mapping\nclass Shape(ABC):\n"
        "    @abstractmethod\n    def area(self): ...\nclass Table(Mapping):\n"
        "    def __getitem__(self, key): return 1\n"
        "    def __iter__(self): return iter('a')\n    def __len__(self): return 1\nclass Sizes(dict): pass\n"
        "class Task:\n    def __call__(self): return 1\n",
        "from abc import ABC\nfrom collections.abc import Iterable, Mapping\n"
        "from solution import Shape, Sizes, Table, Task\ndef test_a():\n"
        "    assert issubclass(Shape, ABC) and issubclass(Sizes, dict) and not issubclass(Task, ABC)\n"
        "    assert isinstance(Table(), Mapping) and isinstance(Table(), Iterable) and callable(Task())\n"
        "    assert not isinstance(Task(), Mapping) and not callable(Table())\n",
    ),
    "what a generator is sent, and ends of iterators": (
        "def mean():\n    count, total, found = 0, 0, None\n    while True:\n        number = yield found\n"
        "        if number is None: return total\n"
        "        count, total = count + 1, total + number\n        found = total / count\n"
        "def guarded():\n    try: yield 1\n    except ValueError: yield 2\n"
        "class Down:\n    def __init__(self, n): self.n = n\n    def __iter__(self): return self\n"
        "    def __next__(self):\n        if self.n == 0: raise StopIteration\n        self.n -= 1\n"
        "        return self.n\n",
        "import pytest\nfrom solution import Down, guarded, mean\ndef test_a():\n    found = mean()\n"
        "    assert next(found) is None and found.send(4) == 4 and found.send(6) == 5\n"
        "    with pytest.raises(StopIteration) as end: found.send(None)\n    assert end.value.value == 10\n"
        "    down, other = Down(1), guarded()\n    assert down.__next__() == 0 and other.__next__() == 1\n"
        "    assert other.throw(ValueError) == 2\n"
        "    with pytest.raises(StopIteration): down.__next__()\n",
    ),
    "what a function counts": (
        "import functools\ndef counted(function):\n    @functools.wraps(function)\n    def call(*args):\n"
        "        call.calls += 1\n        return function(*args)\n    call.calls = 0\n    return call\n"
        "@counted\ndef hello(name): return f'Hello {name}'\nhello.log = []\n",
        "import solution\nfrom solution import hello\ndef test_a():\n    before = hello.calls\n    hello('a')\n"
        "    assert hello.calls == before + 1 and hello.calls == 1\n    hello('b')\n"
        "    assert solution.hello.calls == 2\n"
        "    assert hello.__name__ == 'hello' and hello.log == hello.log == []\n",
    ),
    "methods named as those of texts": (
        "class Cipher:\n    def __init__(self, by): self.by = by\n"
        "    def encode(self, text): return ''.join(chr(ord(one) + self.by) for one in text)\n"
        "    def split(self, text): return [*text]\n",
        "from solution import Cipher\ndef test_a():\n    assert Cipher(1).encode('abc') == 'bcd'\n"
        "    assert Cipher(1).split('ab') == ['a', 'b']\n",
    ),
    "an iterator of the program's that is at its end": (
        "class Down:\n    def __init__(self, n): self.n = n\n    def __iter__(self): return self\n"
        "    def __next__(self):\n        if self.n == 0: raise StopIteration\n        self.n -= 1\n"
        "        return self.n\n",
        "from solution import Down\ndef test_a():\n    down = Down(2)\n"
        "    assert list(down) == [1, 0] and list(down) == [] and next(down, 7) == 7\n"
        "    assert iter(down) is down and 1 in iter(Down(2))\n",
    ),
}
WEAKLY: dict[str, tuple[str, str]] = {
    "exceptions that say what they are equal to": (
        "class Failed(Exception):\n    def __init__(self, code): self.code = code\n"
        "    def __eq__(self, other): return isinstance(other, Failed) and other.code == self.code\n"
        "    def __hash__(self): return 1\n"
        "def failures(): return [Failed(1), Failed(2)]\n",
        "from solution import Failed, failures\ndef test_a():\n    assert failures() == [Failed(1), Failed(2)]\n"
        "    assert failures()[0] != Failed(2) and failures()[0] != 1\n    assert len({failures()[0]}) == 1\n",
    ),
    "exceptions that compare, and hold what is looked for": (
        "class Failed(Exception):\n    def __init__(self, code): self.code = code\n"
        "    def __lt__(self, other): return self.code < other.code\n"
        "    def __contains__(self, code): return code == self.code\n",
        "from solution import Failed\ndef test_a():\n"
        "    assert sorted([Failed(2), Failed(1)])[0].code == 1 and Failed(2) > Failed(1) and 3 in Failed(3)\n",
    ),
    "classes of the library": (
        "from abc import ABC, abstractmethod\nfrom enum import Enum\nclass Color(Enum):\n    RED = 1\n"
        "class Shape(ABC):\n    @abstractmethod\n    def area(self): ...\n"
        "class Square(Shape):\n    def area(self): return 4",
        "from abc import ABC\nfrom collections.abc import Iterable\nfrom enum import Enum\n"
        "from solution import Color, Shape, Square\ndef test_a():\n    assert isinstance(Color.RED, Enum)\n"
        "    assert issubclass(Shape, ABC) and not isinstance(Square(), Iterable)\n"
        "    assert callable(Square().area) and not callable(Square()) and isinstance(Square, type)\n",
    ),
    "a dataclass as a dict": (
        "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n    y: int = 2\n",
        "from dataclasses import asdict, astuple\nfrom solution import Point\ndef test_a():\n"
        "    assert asdict(Point(1)) == {'x': 1, 'y': 2} and astuple(Point(1)) == (1, 2)\n",
    ),
    "objects that hold others, of a class that the test does not name": (
        "class Store:\n    def __init__(self): self.held = {}\n    def get(self, key): return self.held.get(key)\n"
        "    def add(self, key, value): self.held[key] = value\n    def pop(self, key): return self.held.pop(key)\n"
        "def make(): return Store()\n",
        "from solution import make\ndef test_a():\n    store = make()\n    store.add('a', 1)\n"
        "    assert store.get('a') == 1 and store.get('b') is None and store.pop('a') == 1\n",
    ),
    "a descriptor in a class of the test": (
        "class Typed:\n    def __init__(self, kind): self.kind = kind\n    def __set_name__(self, owner, name):\n"
        "        self.name = '_' + name\n    def __get__(self, owner, kind=None): return getattr(owner, self.name)\n"
        "    def __set__(self, owner, value):\n        if not isinstance(value, self.kind): raise TypeError\n"
        "        setattr(owner, self.name, value)\n",
        "import pytest\nfrom solution import Typed\ndef test_a():\n    class A:\n        x = Typed(int)\n    a = A()\n"
        "    a.x = 3\n    assert a.x == 3\n    with pytest.raises(TypeError): a.x = '3'\n",
    ),
    "a method that the test replaces": (
        "class Api:\n    def fetch(self, url): return 1\n    def get(self, url): return self.fetch(url) + 1\n",
        "from solution import Api\ndef test_a():\n    Api.fetch = lambda self, url: 41\n"
        "    assert Api().get('x') == 42",
    ),
    "a class of the test by which the program tells objects apart": (
        "class Bus:\n    def __init__(self): self.calls = []\n"
        "    def on(self, kind, call): self.calls.append((kind, call))\n"
        "    def send(self, event): return [call(event) for kind, call in self.calls if isinstance(event, kind)]\n",
        "from solution import Bus\nclass Made: pass\ndef test_a():\n    bus = Bus()\n"
        "    bus.on(Made, lambda event: 3)\n    assert bus.send(Made()) == [3] and bus.send('other') == []\n",
    ),
    "a protocol that the test's own objects follow": (
        "from typing import Protocol, runtime_checkable\n@runtime_checkable\nclass Drawable(Protocol):\n"
        "    def draw(self): ...\n",
        "from solution import Drawable\nclass Box:\n    def draw(self): return '[]'\nclass Lid: pass\n"
        "def test_a(): assert isinstance(Box(), Drawable) and not isinstance(Lid(), Drawable)\n",
    ),
    "a class made by type": (
        "class Base:\n    def f(self): return self.k\n",
        "from solution import Base\ndef test_a(): assert type('E', (Base,), {'k': 3})().f() == 3",
    ),
    "a test that calls another": (
        "class A:\n    def f(self): return 1\n",
        "from solution import A\nclass B(A): pass\ndef test_a(): assert B().f() == 1\n"
        "def test_b():\n    test_a()\n    assert B().f() == 1\n",
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_program_passes(judge: Judge, name: str) -> None:
    program, code = HONEST[name]
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak, verdict.tests


@pytest.mark.parametrize("name", WEAKLY)
def test_an_honest_program_passes_weakly(judge: Judge, name: str) -> None:
    program, code = WEAKLY[name]
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.passed and verdict.weak, verdict.tests


def test_asserts_know_what_holds_a_number_or_a_text(judge: Judge) -> None:
    program = "from enum import Enum\nclass Color(str, Enum):\n    RED = 'r'\nclass Number(int): pass\n"
    program += "def colors(): return [Color.RED]\ndef five(): return Number(5)"
    tests = [
        Test("assert", code="import json\nassert json.dumps(colors()) == '[\"r\"]'"),
        Test("assert", code="assert divmod(five(), 2) == (2, 1) and divmod(11, five()) == (2, 1)"),
    ]
    verdict = judge.run(program, tests)
    assert verdict.passed and not verdict.weak, verdict.tests


def test_large_answers_and_numbers(judge: Judge) -> None:
    tests = [
        Test("assert", code="assert f(450_000) == list(range(450_000))"),
        Test("assert", code="assert g() == 2**100_000"),
    ]
    verdict = judge.run("def f(n): return list(range(n))\ndef g(): return 2**100_000", tests)
    assert verdict.passed, verdict.tests


PRINTS = """
import contextlib, io, sys
class Thing:
    def __str__(self): return "thing"
def greet(name): print("Hello", name, sep=", ")
def complain(what): print(what, file=sys.stderr)
def show(stream): print(Thing(), file=stream, end="")
def caught():
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print("x")
    return out.getvalue()
"""
PRINT = """
import builtins, io, sys
from unittest.mock import call, patch
from solution import caught, complain, greet, show
@patch("builtins.print")
def test_a(shown):
    greet("Ann")
    shown.assert_called_once_with("Hello", "Ann", sep=", ")
    complain("no")
    assert shown.call_args == call("no", file=sys.stderr)
def test_b(monkeypatch):
    shown = []
    monkeypatch.setattr(builtins, "print", lambda *words, **how: shown.append(words))
    greet("Ann")
    assert shown == [("Hello", "Ann")]
def test_c(capsys):
    greet("Ann")
    complain("no")
    show(sys.stdout)
    show(sys.stderr)
    assert capsys.readouterr() == ("Hello, Ann\\nthing", "no\\nthing")
    out = io.StringIO()
    show(out)
    assert out.getvalue() == "thing" and caught() == "x\\n"
"""


@pytest.mark.parametrize("print_is_replaced", [True, False])
def test_a_program_prints_by_the_tests_print_and_to_its_streams(judge: Judge, print_is_replaced: bool) -> None:
    code = (
        PRINT
        if print_is_replaced
        else PRINT.partition("@patch")[0].replace("builtins, ", "") + PRINT[PRINT.index("def test_c") :]
    )
    verdict = judge.run(PRINTS, [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak, verdict.tests
    assert not judge.run(PRINTS.replace("Hello", "Hi"), [Test("pytest", code=code)]).passed


CLIENT = """
class Session:
    def get(self, url): raise ConnectionError(url)
class Client:
    RETRIES = 3
    def __init__(self): self.session = Session()
    def fetch(self, x): return self.session.get(f"/{x}")
    def many(self, xs): return [self.fetch(x)["name"] for x in xs][: self.RETRIES]
"""
PATCHES = {
    "a method of an object": "monkeypatch.setattr(client, 'fetch', lambda x: {'name': x})",
    "a method by a mock": "monkeypatch.setattr(client, 'fetch', Mock(side_effect=lambda x: {'name': x}))",
    "a mock that is told later": "client.fetch = Mock()\n    client.fetch.side_effect = lambda x: dict(name=x)",
    "what an object uses": "monkeypatch.setattr(client.session, 'get', lambda url: {'name': url[1:]})",
}


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
@pytest.mark.parametrize(
    "constant", ["monkeypatch.setattr(Client, 'RETRIES', 1)", "monkeypatch.setattr('solution.Client.RETRIES', 1)"]
)
def test_what_is_patched_in_a_programs_object_crosses(judge: Judge, patch: str, constant: str) -> None:
    code = f"""
from unittest import mock
from unittest.mock import Mock
from solution import Client
def test_a(monkeypatch):
    client = Client()
    {patch}
    assert client.many("abcd") == ["a", "b", "c"]
    {constant}
    assert client.many("abcd") == ["a"]
def test_b():
    assert Client.RETRIES == 3 and Client().session is not None
    with mock.patch.object(Client, "RETRIES", 2), mock.patch.object(Client, "fetch", return_value={{"name": "x"}}):
        assert Client().many("abcd") == ["x", "x"]
    assert Client.RETRIES == 3
"""
    verdict = judge.run(CLIENT, [Test("pytest", code=code)])
    assert verdict.passed and not verdict.weak, verdict.tests
    assert not judge.run(CLIENT.replace("[: self.RETRIES]", ""), [Test("pytest", code=code)]).passed


def test_a_mock_in_the_place_of_an_answer_is_weak(judge: Judge) -> None:
    code = "from unittest.mock import Mock\nfrom solution import A\ndef test_a():\n    a = A()\n    a.f = Mock()\n"
    for asked in ("a.f.called is False", "a.f() is not None"):
        verdict = judge.run("class A: pass", [Test("pytest", code=code + f"    assert {asked}")])
        assert verdict.passed and not verdict.weak, verdict.tests
    gives_back = "class A:\n    g = property(lambda self: self.f)\n    def h(self): return self.f"
    for asked in ("a.g.called is False", "a.h().ready", "getattr(a, 'g')()"):
        verdict = judge.run(gives_back, [Test("pytest", code=code + f"    assert {asked}")])
        assert verdict.passed and verdict.weak, verdict.tests


CONSTANTS = """
import enum
LIMIT, TABLE, _MOST = 4, [1], 3
class Settings:
    TIMEOUT, _RETRIES, ROWS = 5, 2, []
    def timeout(self): return getattr(self, "ADDED", self.TIMEOUT)
    def add(self, row): self.ROWS.append(row)
class Fault(Exception):
    CODE, LEVELS = 404, [1, 2]
class Rights(enum.IntFlag):
    READ, WRITE, BOTH = 1, 2, 3
Rights.X = 7
class Colour(enum.IntEnum):
    RED, GREEN = 1, 2
class Planet(enum.Enum):
    EARTH, MARS = 1, 3
    def __init__(self, mass): self.MASS = mass
    def __len__(self): return 4
def first(): return Colour(1)
def grow(row): TABLE.append(row)
def table(): return TABLE
"""
CONSTANT = """
import solution
from solution import Colour, Fault, Planet, Rights, Settings, first
def test_private(): assert solution._MOST == 3 and Settings._RETRIES == 2 and Settings.__name__ == "Settings"
def test_new(monkeypatch):
    monkeypatch.setattr(Settings, "ADDED", 6, raising=False)
    monkeypatch.setattr(solution, "ADDED", 7, raising=False)
    assert Settings().timeout() == 6
def test_not_listed_by_dir(): assert Rights.BOTH == 3 and Rights.X == 7
def test_of_an_exception(): assert Fault.CODE == 404 and Fault.LEVELS == [1, 2]
def test_by_item(): assert Colour["RED"] == first() == 1
def test_of_a_constant():
    mars = Planet.MARS
    assert mars.MASS == 3 and len(mars) == 4 and [one.MASS for one in Planet] == [1, 3]
def test_lists():
    assert solution.TABLE == [1] and Settings.ROWS == []
    assert solution.table() == [1]
    solution.grow(2)
    solution.TABLE.append(3)
    Settings().add(4)
    assert solution.TABLE == [1, 2, 3] and Settings.ROWS == [4]
"""


def test_constants_of_all_kinds_are_no_doubt(judge: Judge) -> None:
    verdict = judge.run(CONSTANTS, [Test("pytest", code=CONSTANT)])
    assert verdict.passed and not any(test.weak for test in verdict.tests), verdict.tests


def test_a_constant_that_changes_while_the_test_is_called_is_asked_for_again(judge: Judge) -> None:
    program = "LIMIT = 4\ndef f(call):\n    global LIMIT\n    for LIMIT in (5, 6): call()\n    LIMIT = 7"
    code = """
import solution
def test_a():
    seen = []
    solution.f(lambda: seen.append(solution.LIMIT))
    assert seen == [5, 6] and solution.LIMIT == 7
"""
    verdict = judge.run(program, [Test("pytest", code=code)])
    assert verdict.passed, verdict.tests
