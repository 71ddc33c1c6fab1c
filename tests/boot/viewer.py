# SPDX-License-Identifier: BSD-2-Clause
"""speedscope, a viewer of traces that others wrote, in headless Chromium: a trace is opened in it as its own command would, by a script beside the page. What it
shows, saves and says is read; it knows nothing of trace_events.py, nor that of it.

 1. What it says of a trace is all kept, from the page's first moment on: its importer says by console.warn what it cannot make sense of, and goes on.
 2. It draws with WebGL, which Chromium does in software here.
"""

import base64
import json
import re

import chromium
import node

FLAGS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
LISTEN = """
    window.said = [];
    const refuse = text => { window.refused = true; window.said.push(text); };
    for (const level of ['warn', 'error'])
        console[level] = (...words) => window.said.push(words.join(' '));
    const log = console.log;
    console.log = (...words) => { if (/fail/i.test(words[0])) refuse(words.join(' ')); log(...words); };
    window.alert = refuse;
"""

LISTED = "document.querySelector('tr[title]')?.checkVisibility({visibilityProperty: true, opacityProperty: true})"


class Viewer(chromium.Chromium):
    def __init__(self, folder):
        """`folder`: for what is opened and what is saved."""
        super().__init__(*FLAGS)
        self.page = (node.folder() / "node_modules/speedscope/dist/release/index.html").resolve()
        self.opened, self.saved = folder / "open.js", folder / "saved"
        self.command("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
        self.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.saved))

    def show(self, text, height=900):
        """A trace, of which it is told the name and the bytes. Until it shows a track of it, or says why not."""
        self.opened.write_text(f'speedscope.loadFileFromBase64("trace.json", "{base64.b64encode(text.encode()).decode()}")')
        self.look(1280, height)
        self.open(f"file://{self.page}#localProfilePath={self.opened}")
        self.wait_for(lambda: self.track() or self.script("return window.refused"), "speedscope shows a trace")
        return self

    def said(self):
        return self.script("return window.said")

    def outside(self):
        """What was asked for that is neither its own nor the trace."""
        own = (f"file://{self.page.parent}/", f"file://{self.opened}", "data:", "blob:file:", "about:")
        return [request for request in self.watch().requests if not request.startswith(own)]

    def point(self, x, y):
        """The mouse goes there."""
        self.act("mouse", lambda p: p.create_pointer_move(x=x, y=y, origin="viewport"))

    def screenshot(self, path):
        """Of what is drawn after the last key, which is before the second frame from now."""
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))")
        super().screenshot(path)

    # tracks

    def track(self):
        """The name of the one that is shown: it is between the names of the views and the other buttons, with its number."""
        found = re.search(r"^(.*) \(\d+/\d+\)$", self.script("return document.body.innerText"), re.M)
        return found and found[1]

    def list(self):
        """Of the tracks, by its keyboard command: name and how much time is in each, as it writes it."""
        self.open_list()
        rows = self.script("return [...document.querySelectorAll('tr[title]')].map(row => [row.title, row.lastElementChild.innerText])")
        self.keys(chromium.ESCAPE)
        self.wait_for(f"!{LISTED}", "the list is closed")
        return dict(rows)

    def open_list(self):
        self.keys("t")
        self.wait_for(LISTED, "the list of tracks")

    def choose_track(self, name):
        self.open_list()
        self.click(f"tr[title={json.dumps(name)}]")
        self.wait_for(lambda: self.track() == name, f"track {name}")

    # views

    def sandwich(self):
        """Of the track that is shown: each name's total and own time, as it writes them."""
        self.keys("3")
        rows = "[...document.querySelectorAll('tr:not([title])')].map(row => [...row.querySelectorAll('td')].map(cell => cell.innerText.trim())).filter(row => row.length === 3)"
        self.wait_for(f"{rows}.length", "the sandwich view")
        return {name: (total.split()[0], own.split()[0]) for total, own, name in self.script(f"return {rows}")}

    def save(self):
        """The whole trace as it understood it, by its Export: {track: [(name, begin, end)]} in nanoseconds from the first event of the track, by begin."""
        self.script("[...document.querySelectorAll('div')].filter(e => e.innerText.endsWith('Export')).at(-1).click()")
        file = self.saved / "trace.speedscope.json"
        self.wait_for(file.exists, "the saved file")
        whole = json.loads(file.read_text())
        file.unlink()
        names = [frame["name"] for frame in whole["shared"]["frames"]]
        return {profile["name"]: boxes(profile, names) for profile in whole["profiles"]}


def boxes(profile, names):
    assert (profile["type"], profile["unit"]) == ("evented", "microseconds")
    found, around = [], []
    for event in profile["events"]:
        at = round(event["at"] * 1000)
        if event["type"] == "O":
            around.append(len(found))
            found.append([names[event["frame"]], at, None])
        else:
            box = found[around.pop()]
            assert box[0] == names[event["frame"]]
            box[2] = at
    assert not around
    return [tuple(box) for box in found]
