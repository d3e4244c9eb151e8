"""Profiles for hypothesis, and a promise that may be asked for: that nothing was skipped for want of an extra."""

import os

import pytest
from hypothesis import HealthCheck, settings

# A fixed profile everywhere, and `HYPOTHESIS_PROFILE=hunt` for a long local search.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("hunt", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

MAY_BE_MISSING = ("`bench`",)  # an extra of gigabytes, for comparison only


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With SKIP_NOTHING set, a run that skipped anything but what may be missing has failed."""
    if not os.environ.get("SKIP_NOTHING"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    reasons = {str(report.longrepr) for report in reporter.stats.get("skipped", [])}
    unwanted = [reason for reason in reasons if not any(extra in reason for extra in MAY_BE_MISSING)]
    for reason in sorted(unwanted):
        reporter.write_line(f"should not have been skipped: {reason}", red=True)
    if unwanted:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
