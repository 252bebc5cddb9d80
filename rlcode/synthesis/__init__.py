"""Questions with tests from seeds, written by teachers and verified by running them: see docs/synthesis.md."""
