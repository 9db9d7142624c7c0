"""A pytest plugin, ``-p tests.skips``: a test that is skipped fails, unless it stands here with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest

MUST = "must not be skipped here (tests/skips.py lists what may be): "
ALLOWED = {  # the node's file, and why it cannot run anywhere
    "ucch/data/raw_images.py::ucch.data.raw_images.RawImages": "its example reads 25,000 pictures that are not shipped",
    "ucch/mteb.py::ucch.mteb.MtebCodes": "its example is of a run of one's own on a set that MTEB downloads",
    "ucch/stores/postgres_store.py::ucch.stores.postgres_store.PostgresStore": "its example names a server not there",
}


def refuse(report: pytest.CollectReport | pytest.TestReport) -> None:
    """Turn a skip that is not in the list into a failure that says what the skip said."""
    if not report.skipped or hasattr(report, "wasxfail") or report.nodeid in ALLOWED:
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} {MUST}{reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in a line each why tests were skipped, and how many: what could not be installed."""
    failed = [report for kind in ("error", "failed") for report in terminalreporter.stats.get(kind, [])]
    reasons = Counter(
        text.partition(MUST)[2] for text in map(str, (report.longrepr for report in failed)) if MUST in text
    )
    for reason, count in reasons.items():
        terminalreporter.write_line(f"not here, and needed by {count} tests: {reason.removeprefix('Skipped: ')}")
