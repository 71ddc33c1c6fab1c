# SPDX-License-Identifier: BSD-2-Clause
"""Steps of a run, each remembered once it is done: a run that was stopped goes on where it was. What a step is made
from is part of its key, so a step is done again when that has changed."""

import hashlib
import json
import pathlib
import sys


class Steps:
    def __init__(self, file, again=False):
        self.file = pathlib.Path(file)
        self.done = {}
        if self.file.exists() and not again:
            self.done = json.loads(self.file.read_text())

    def get(self, name, made_from, function):
        """function()'s result, which JSON can hold; made_from: files and words that it depends on."""
        mark = fingerprint(made_from)
        known = self.done.get(name)
        if known and known["from"] == mark:
            progress(f"{name}: as measured before")
            return known["result"]
        progress(name)
        result = function()
        self.done[name] = {"from": mark, "result": result}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.done, indent=1))
        new.replace(self.file)
        return json.loads(json.dumps(result))  # as it would be read back


def fingerprint(made_from):
    mark = hashlib.sha256()
    for item in made_from:
        mark.update(item.read_bytes() if isinstance(item, pathlib.Path) else str(item).encode())
        mark.update(b"\0")
    return mark.hexdigest()


def progress(text):
    print(f"paper: {text}", file=sys.stderr, flush=True)
