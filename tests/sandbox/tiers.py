"""The tiers that this machine offers, found once for all tests: each is found by running a program in it."""

from sandbox import offered_tiers

TIERS = offered_tiers()
