"""Chromium, one for each module of these tests, and pages that open a report from the disk and may load nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.reports.html.page import html_report
from bench.reports.sides import sides_of

Open = Callable[..., Page]

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or what else is there under its name. It ends with these tests: as long as it is there, an
    event loop runs in this thread, and no other test could run one.
    """
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium is installed")
    # Its sandbox needs a right that root in a container does not have; the pages are this project's own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens the report of results from the disk, and fails a test whose page complained or asked for anything."""
    contexts, complaints, asked = [], [], []

    def open_report(*results: Any, address: str = "", made: Any = None, **options: Any) -> Page:
        report = tmp_path / "report.html"
        report.write_text(html_report(sides_of(results), **(made or {})), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{report.as_uri()}{address}")
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html.ready")
        assert [report.as_uri()] == [url.partition("#")[0] for url in asked]
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert [] == complaints
    assert 1 == len(asked)
