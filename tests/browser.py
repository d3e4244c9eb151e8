"""A page in a real browser, for test_browser.py (its controls) and test_javascript.py (its engine).

Needs the extra `browser` (selenium), and Chromium with its driver: `apt install chromium chromium-driver`.
"""

import json
import shutil
from pathlib import Path

import pytest

from autograd import Value, draw
from autograd.graph import nodes

try:
    from selenium import webdriver
except ImportError:
    webdriver = None

needs_browser = pytest.mark.skipif(webdriver is None, reason="the extra `browser` is not installed")

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def chromium(profile: Path):
    """A browser of its own; where selenium is installed, its absence is a failure."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program and driver, "selenium is here but no browser\ninstall it: apt install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in [*FLAGS.split(), f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


class Stepper:
    """A page of a graph, open in the browser."""

    def __init__(self, browser, folder: Path, output: Value, namespace: dict, width: int = 1280, engine: str = "own"):
        self.browser, self.graph = browser, nodes(output)
        path = draw(output, names=namespace, engine=engine).save(folder / "steps.html")
        self.resize(width)
        self.troubles()
        browser.get(path.as_uri())

    def resize(self, width: int) -> None:
        screen = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    def run(self, script: str, *arguments):
        return self.browser.execute_script(script, *arguments)

    def find(self, selector: str):
        return self.browser.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        return [each.text for each in self.browser.find_elements("css selector", selector)]

    def click(self, name: str) -> None:
        self.find(f"#{name}").click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.find("body").send_keys(key)

    @property
    def step(self) -> int:
        return int(self.find("#slider").get_attribute("value"))

    @property
    def words(self) -> str:
        return self.find("#words").text

    def box(self, node: Value) -> list[str]:
        """What stands in the box of a node, now."""
        texts = (
            f"return [...document.querySelectorAll('#value_{self.graph.index(node)} text')].map((t) => t.textContent)"
        )
        return self.run(texts)

    def numbers(self) -> list[tuple[float, float]]:
        """Values and gradients of all nodes, exactly."""
        script = "return nodes.map((node, i) => [String(valueOf(i)), String(right.grads[i] ?? 0)])"
        return [(number(value), number(grad)) for value, grad in self.run(script)]

    def change(self, leaf: str, text: str) -> None:
        """Type a number for a leaf."""
        field = self.browser.find_elements("css selector", "#leaves input")[self.texts("#leaves label").index(leaf)]
        field.clear()
        field.send_keys(text)

    def choose(self, order: str) -> None:
        self.find(f"[value='{order}']").click()

    def troubles(self) -> list:
        """Messages of the console, and requests for anything but the page itself."""
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [*self.browser.get_log("browser"), *(url for url in sent if not url.startswith("file:"))]


def number(text: str) -> float:
    return float(text.replace("Infinity", "inf"))
