"""A test names the constant that it expects before it asks for the answer: the program's class sees which that is."""

TESTS = [
    {"kind": "assert", "code": "assert Light.GREEN == after(1)"},
    {
        "kind": "pytest",
        "code": "import solution, unittest\nfrom solution import Light, Planet, Fault, after, GO\n"
        "class TestLight(unittest.TestCase):\n"
        "    def test_object(self): self.assertEqual(Light.GREEN, after(1))\n"
        "    def test_list(self): self.assertEqual([Light.RED], [after(2)])\n"
        "    def test_value(self):\n        value = Light.RED.value\n        assert after(2).value == value\n"
        "    def test_number(self):\n        number = Light.WAIT\n        assert after(2, True) == number\n"
        "    def test_by_name(self):\n        for name, number in [('GREEN', 1), ('RED', 2)]:\n"
        "            self.assertEqual(getattr(Light, name), after(number))\n"
        "    def test_of_an_object(self):\n        lamp = solution.Lamp()\n"
        "        self.assertEqual(lamp.BRIGHT, lamp.next(1))\n"
        "    def test_of_a_constant(self): self.assertEqual(Planet.MARS.MASS, after(3, True))\n"
        "    def test_of_an_exception(self): self.assertEqual(Fault.CODE, after(4, True))\n"
        "    def test_of_one_letter(self): self.assertEqual(getattr(Light, 'X'), after(5, True))\n"
        "    def test_of_the_module(self): self.assertEqual(solution.GO, after(1, True))\n",
    },
]
HOSTILE = """
import sys, types
LAST = []

class SeenName:
    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name in ("RED", "AMBER", "GREEN", "WAIT", "GO", "DARK", "BRIGHT", "MASS", "CODE", "LEVEL", "X", "Y"):
            LAST.append(found)
        return found

class Kind(SeenName, type): pass
class Module(SeenName, types.ModuleType): pass
sys.modules[__name__].__class__ = Module

class Colour:
    def __init__(self, value): self.value = value

class Light(metaclass=Kind):
    RED, AMBER, GREEN, WAIT, X, Y = Colour(1), Colour(2), Colour(3), 4, 5, 6

class Mass(SeenName):
    def __init__(self, mass): self.MASS = mass

class Planet:
    EARTH, MARS, VENUS = Mass(1), Mass(2), Mass(3)

class Fault(Exception, metaclass=Kind):
    CODE, LEVEL = 404, 3

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

Light.WAIT, Light.X = 4, 6
WAIT, GO = 4, 5

class Planet(enum.Enum):
    EARTH, MARS = 1, 2
    def __init__(self, mass): self.MASS = mass

class Fault(Exception):
    CODE = 404

class Lamp:
    DARK, BRIGHT = "dark", "bright"
    def next(self, number): return self.BRIGHT if number else self.DARK

def after(number, held=False):
    if held:
        return {1: GO, 2: WAIT, 3: Planet.MARS.MASS, 4: Fault.CODE, 5: Light.X}[number]
    return {1: Light.GREEN, 2: Light.RED}[number]
"""
