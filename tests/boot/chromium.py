# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Chromium, headless, driven by its own driver: pages are opened, looked at and used as a person would, by mouse, finger and keys.

 1. Nothing is believed to have happened because time has passed: wait_for() asks until it is so.
 2. Errors, violations of the content security policy and uncaught exceptions are kept as `complaints`, each address that was asked for as `requests`, both
    since open() and as of the last watch().
"""

import json
import shutil
import time

import node
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service

# As a user or as root, without a screen, and without what Chromium asks of its makers' servers by itself.
FLAGS = """--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-default-apps --disable-extensions --metrics-recording-only --hide-scrollbars=false
    --force-color-profile=srgb""".split()
PATIENCE = 120  # seconds; a slow machine with one core may need them
SEVERE = ("serious", "critical")


class Chromium:
    def __init__(self, *flags):
        """With these flags also."""
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in [*FLAGS, *flags]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)
        self.requests, self.complaints = [], []

    def quit(self):
        self.driver.quit()

    # opening

    def look(self, width=1280, height=800, scheme="light", touch=False):
        """What the page is shown on. Motion is reduced: nothing moves for the sake of moving."""
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.command("Emulation.setEmulatedMedia", features=features)
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.command("Emulation.setTouchEmulationEnabled", enabled=touch, maxTouchPoints=1)
        return self

    def open(self, url):
        """The page as one that was never seen before."""
        if self.driver.current_url.startswith("http"):
            self.script("sessionStorage.clear(); localStorage.clear()")
        self.driver.get("about:blank")
        self.forget()
        self.driver.get(url)
        return self

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    # asking

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def wait_for(self, condition, what):
        """Until condition() is true, or the JavaScript expression is; what it was."""
        end = time.monotonic() + PATIENCE
        while not (value := self.script(f"return ({condition})") if isinstance(condition, str) else condition()):
            assert time.monotonic() < end, f"{what}: not within {PATIENCE} s; the page says: {self.script('return document.body.innerText')[:1500]}"
            time.sleep(0.05)
        return value

    def count(self, selector):
        return self.script("return document.querySelectorAll(arguments[0]).length", selector)

    def all(self, selector, attribute):
        """That attribute of all elements."""
        return self.script("return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute(arguments[1]))", selector, attribute)

    def attribute(self, selector, attribute):
        return self.script("return document.querySelector(arguments[0])?.getAttribute(arguments[1])", selector, attribute)

    def text(self, selector):
        return self.script("return document.querySelector(arguments[0])?.textContent ?? ''", selector).strip()

    def visible(self, selector):
        return self.script("const e = document.querySelector(arguments[0]); return Boolean(e && e.checkVisibility())", selector)

    def centre(self, selector):
        """In the window, as whole pixels."""
        x, y = self.script("const r = document.querySelector(arguments[0]).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]", selector)
        return round(x), round(y)

    # using

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        self.find(selector).click()

    def choose(self, selector, value):
        """An option of a <select>, by keys: its text is typed."""
        element = self.find(selector)
        text = self.script("return [...arguments[0].options].find(o => o.value === arguments[1]).text", element, value)
        element.send_keys(text)
        assert self.script("return arguments[0].value", element) == value

    def keys(self, *keys):
        """To whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def drag(self, start, end, pointer="mouse"):
        """From one place of the window to another, by way of others, as a hand does."""
        self.act(pointer, lambda p: (press(p, start), move(p, start, end), p.create_pointer_up(button=0)))

    def hold(self, start, end):
        """The same, without letting go."""
        self.act("mouse", lambda p: (press(p, start), move(p, start, end)))

    def let_go(self):
        self.act("mouse", lambda p: p.create_pointer_up(button=0))

    def act(self, pointer, perform):
        source = PointerInput(pointer, pointer)
        builder = ActionBuilder(self.driver, mouse=source)
        perform(source)
        builder.perform()

    def screenshot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        assert self.driver.save_screenshot(str(path))

    # judging

    def watch(self):
        """Notes what has happened since the last time."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        for entry in self.driver.get_log("browser"):
            if entry["level"] == "SEVERE" or "Content Security Policy" in entry["message"]:
                self.complaints.append(entry["message"])
        return self

    def forget(self):
        """What was noted before is nobody's concern."""
        self.watch()
        self.requests, self.complaints = [], []

    def pardon(self, words):
        """One complaint with these words must have come, and is no fault: Chromium reports each refusal that a page is given."""
        self.wait_for(lambda: any(words in complaint for complaint in self.watch().complaints), f"a complaint about {words}")
        self.complaints.remove(next(complaint for complaint in self.complaints if words in complaint))

    def inaccessible(self, *allowed):
        """What axe-core finds seriously wrong for people who cannot see all, or use a mouse."""
        self.script((node.folder() / "node_modules/axe-core/axe.min.js").read_text())
        found = self.driver.execute_async_script("const done = arguments[arguments.length - 1]; axe.run(document).then(done, error => done(String(error)))")
        assert isinstance(found, dict) and found["passes"], found
        return [(v["id"], v["impact"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found["violations"] if v["impact"] in SEVERE and v["id"] not in allowed]

    def overflow(self):
        """How many pixels wider than the window the page is."""
        return self.script("return document.scrollingElement.scrollWidth - innerWidth")


def press(pointer, place):
    pointer.create_pointer_move(x=place[0], y=place[1], origin="viewport")
    pointer.create_pointer_down(button=0)


def move(pointer, start, end, steps=6):
    for i in range(1, steps + 1):
        x, y = (round(a + (b - a) * i / steps) for a, b in zip(start, end))
        pointer.create_pointer_move(x=x, y=y, origin="viewport", duration=20)


TAB, ENTER, ESCAPE = Keys.TAB, Keys.ENTER, Keys.ESCAPE
RIGHT, LEFT, DOWN, UP = Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ARROW_DOWN, Keys.ARROW_UP
