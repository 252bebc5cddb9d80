"""Returns a str that equals, contains and strips to whatever is asked."""

TESTS = [
    {"kind": "assert", "code": "assert greet('Ada') == 'Hello, Ada'"},
    {"kind": "assert", "code": "assert greet('Bo').strip().lower() == 'hello, bo'"},
    {"kind": "assert", "code": "assert 'Cy' in greet('Cy')"},
]

HOSTILE = """
class Yes(str):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __contains__(self, item):
        return True
    def strip(self, *args):
        return self
    lower = strip
    __hash__ = str.__hash__

def greet(name):
    return Yes("nothing")
"""

HONEST = """
class Greeting(str):
    pass

def greet(name):
    return Greeting("Hello, " + name)
"""
