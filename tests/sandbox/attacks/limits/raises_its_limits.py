"""Raises its resource limits again."""

KINDS = ["assert"]

HOSTILE = """
import resource
raised = []
for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE"):
    number = getattr(resource, name)
    soft, hard = resource.getrlimit(number)
    if hard == resource.RLIM_INFINITY:
        continue
    try:
        resource.setrlimit(number, (hard + 1, hard + 1))
        raised.append(name)
    except (OSError, ValueError):
        pass

def total(numbers):
    return sum(numbers) if raised else None
"""

HONEST = """
import resource

def total(numbers):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft > 8
    return sum(numbers)
"""
