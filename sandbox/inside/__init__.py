"""Code that runs in the jail: beside a program, where nothing that it says is believed without a check, or with a test,
in a process that the program does not reach but by a pipe. Which file is which: "How it works" in ../README.md.
"""
