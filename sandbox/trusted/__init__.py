"""The trusted part, in one folder: one process a slot, outside of the jail, that has the tests and decides the verdict.

Begin with supervisor.py, which judges one job after another, and judging.py, which does one. How each test is run is
decided from its text, before any program is there:

    plan        taken apart, in a process of its own, or in the program's
    take_apart  the calls to make, and what is computed of their answers out here by harmless.py and compare.py
    sharing     what must share the program's process; challenge.py has the questions for it
    inventory   which test functions there must be; questions.py, over which answers the program has a say

Then it runs, in one of four ways (calls, split, together, script; cpp compiles), in a process that slot.py takes from a
warm parent (process.py) and run.py watches, in a control group (cgroups.py) with scratch (scratch.py).

Of the rest of the package it imports the values that cross the wall (wire, names, similar) and types, nothing that
runs in the jail and nothing of the host's (tests/sandbox/test_trusted.py).
"""
