"""Questions with tests from seeds, written by a teacher and verified by running them. docs/synthesis.md is the manual."""
