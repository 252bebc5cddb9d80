"""The program learns which constant the test has: it is told to forget its copies of the other lists, or only of that
one it is asked for the class, the length and so on."""

NAIVE_FALLS = False  # in one process there is nothing to be told
TESTS = [
    {
        "kind": "pytest",
        "code": "import pytest, solution\nfrom solution import Light, after\n"
        "@pytest.mark.parametrize('number, light', [(1, Light.GREEN), (2, Light.RED)])\n"
        "def test_object(number, light): assert after(number) == light\n"
        "def test_first(): assert solution.FIRST == after(3)\n"
        "def test_second(): assert solution.SECOND == after(4)\n"
        "def test_length():\n    light = Light.AMBER\n    assert len(light) == 3 and after(5) == light",
    },
]
HOSTILE = """
import gc
FIRST, SECOND, THIRD = [1], [2], [3]
KIND, CALLS, ASKED = type, [], []

def class_of(number):
    class Colour:
        def __init__(self): self.value = number
        def __len__(self): return ASKED.append(self) or 3
    return Colour

class Light:
    RED, AMBER, GREEN = class_of(1)(), class_of(2)(), class_of(3)()

for server in gc.get_objects():
    if KIND(server).__name__ == "Server":
        server.operations["type"] = lambda value: CALLS.append(value) or KIND(value)

def after(number):
    if number in (3, 4):
        for copies in gc.get_objects():
            if KIND(copies).__name__ == "Copies":
                lists = [held.value for held in copies.held.values() if held.value in ([1], [2], [3])]
                return list(lists[-1]) if len(lists) == 1 else None
    return list(dict.fromkeys(CALLS))[number - 1] if number < 3 else ASKED[0] if len(ASKED) == 1 else None
"""
HONEST = """
import enum
FIRST, SECOND, THIRD = [1], [2], [3]

class Light(enum.Enum):
    RED, AMBER, GREEN = 1, 2, 3
    def __len__(self): return 3

def after(number):
    return {1: Light.GREEN, 2: Light.RED, 3: list(FIRST), 4: list(SECOND), 5: Light.AMBER}[number]
"""
