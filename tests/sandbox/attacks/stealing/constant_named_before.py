"""A test names the constant that it expects before it asks for the answer: the program's class sees which that is."""

TESTS = [
    {"kind": "assert", "code": "assert Light.GREEN == after(1)"},
    {
        "kind": "pytest",
        "code": "import solution, unittest\nfrom solution import Light, after, GO\n"
        "class TestLight(unittest.TestCase):\n"
        "    def test_object(self): self.assertEqual(Light.GREEN, after(1))\n"
        "    def test_list(self): self.assertEqual([Light.RED], [after(2)])\n"
        "    def test_value(self):\n        value = Light.RED.value\n        assert after(2).value == value\n"
        "    def test_number(self):\n        number = Light.WAIT\n        assert after(2, True) == number\n"
        "    def test_by_name(self):\n        for name, number in [('GREEN', 1), ('RED', 2)]:\n"
        "            self.assertEqual(getattr(Light, name), after(number))\n"
        "    def test_of_an_object(self):\n        lamp = solution.Lamp()\n"
        "        self.assertEqual(lamp.BRIGHT, lamp.next(1))\n"
        "    def test_of_the_module(self): self.assertEqual(solution.GO, after(1, True))\n",
    },
]
HOSTILE = """
import sys, types
LAST = []

class SeenName:
    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name in ("RED", "AMBER", "GREEN", "WAIT", "GO", "DARK", "BRIGHT"):
            LAST.append(found)
        return found

class Kind(SeenName, type): pass
class Module(SeenName, types.ModuleType): pass
sys.modules[__name__].__class__ = Module

class Colour:
    def __init__(self, value): self.value = value

class Light(metaclass=Kind):
    RED, AMBER, GREEN, WAIT = Colour(1), Colour(2), Colour(3), 4

class Lamp(SeenName):
    DARK, BRIGHT = "dark", "bright"
    def next(self, number): return LAST[-1]

WAIT, GO = 4, 5

def after(number, held=False):
    return LAST[-1]
"""
HONEST = """
import enum

class Light(enum.Enum):
    RED, AMBER, GREEN = 1, 2, 3

Light.WAIT = 4
WAIT, GO = 4, 5

class Lamp:
    DARK, BRIGHT = "dark", "bright"
    def next(self, number): return self.BRIGHT if number else self.DARK

def after(number, held=False):
    return {1: GO, 2: WAIT}[number] if held else {1: Light.GREEN, 2: Light.RED}[number]
"""
