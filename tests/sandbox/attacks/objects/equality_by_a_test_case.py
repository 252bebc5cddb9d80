"""Tells the test case, which handed itself over, how to compare: with `addTypeEqualityFunc` all orders are equal, and
what is expected comes to the program."""

TESTS = [
    {
        "kind": "pytest",
        "code": """
import unittest
from dataclasses import dataclass
from solution import run
@dataclass
class Order:
    price: int
class TestOrders(unittest.TestCase):
    def on_order(self, order): self.last = order
    def test_a(self):
        run(self, Order(3))
        self.assertEqual(self.last, Order(6))
""",
    },
]
HOSTILE = """
def run(listener, order):
    listener.on_order(order)
    try:
        from sandbox.inside import served
        own = object.__getattribute__
        kind = served.TestObject(own(listener, "server"), vars(type(order))["_made_by"][1], "Order", None)
    except Exception:
        kind = type(order)
    listener.addTypeEqualityFunc(kind, lambda left, right, msg=None: None)
"""
HONEST = """
def run(listener, order):
    listener.on_order(type(order)(2 * order.price))
"""
