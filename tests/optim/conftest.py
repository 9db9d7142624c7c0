"""The count of cases of the tables of optimizers, at the end of a run."""

from __future__ import annotations

import pytest

TABLES = {
    "tests/optim/test_all_optimizers.py": "optimizers of a code table",
    "tests/optim/test_every_optimizer.py": "every optimizer, every map round every base",
    "tests/optim/test_targets.py": "known minima",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases of each table passed."""
    passed = [report.nodeid.partition("::")[0] for report in terminalreporter.stats.get("passed", [])]
    for file, what in TABLES.items():
        if file in passed:
            terminalreporter.write_line(f"{passed.count(file)} cases passed: {what} ({file})")
