# SPDX-License-Identifier: BSD-2-Clause
"""A reader of the trace event format (JSON object form) for the tests: written from the format's description, and strict where viewers are
lenient. It knows nothing of Shoji but that its tracks are nested.

 1. An event is of a phase that the format has, with the members which that phase needs, of the right types.
 2. Of B and E, each E ends the latest B of its track that is open, by its name if it has one, not before it begins; all are ended.
 3. X and B/E pairs of one track are nested or apart.
 4. Tracks are named, each once, before the end; a thread's number is in one process only."""

import collections
import dataclasses
import json
from decimal import Decimal

PHASES = {"B", "E", "X", "i", "M"}
MEMBERS = {"ph", "pid", "tid", "ts", "name", "cat", "args", "dur", "s"}


class Malformed(Exception):
    """What viewers would show wrongly, or not at all."""


@dataclasses.dataclass
class Slice:
    name: str
    category: str
    begin: Decimal
    end: Decimal
    args: dict
    parent: object = None       # the slice around it, on the same track
    children: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Instant:
    name: str
    category: str
    time: Decimal
    args: dict


@dataclasses.dataclass
class Track:
    process: str
    name: str
    slices: list = dataclasses.field(default_factory=list)      # all, by their begin
    instants: list = dataclasses.field(default_factory=list)


def unique(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise Malformed(f"a member twice: {keys}")
    return dict(pairs)


def need(condition, event):
    if not condition:
        raise Malformed(f"not an event of the format: {event}")


def check_event(event):
    """Rule 1."""
    need(isinstance(event, dict) and event.get("ph") in PHASES and set(event) <= MEMBERS, event)
    need(all(type(event.get(member)) is int and event[member] >= 0 for member in ("pid", "tid")), event)
    need(isinstance(event.get("ts"), (int, Decimal)) and event["ts"] >= 0, event)
    need(isinstance(event.get("args", {}), dict), event)
    if event["ph"] != "E":
        need(isinstance(event.get("name"), str) and event["name"] != "", event)
    if event["ph"] in "BXi":
        need(isinstance(event.get("cat"), str), event)
    need(("dur" in event) == (event["ph"] == "X") and event.get("dur", 0) >= 0, event)
    need(("s" in event) == (event["ph"] == "i") and event.get("s", "t") in ("t", "p", "g"), event)
    if event["ph"] == "M":
        need(event["name"] in ("process_name", "thread_name") and set(event.get("args", {})) == {"name"}, event)


class Trace:
    def __init__(self, text):
        whole = json.loads(text, parse_float=Decimal, object_pairs_hook=unique)
        if not isinstance(whole, dict) or not {"traceEvents"} <= set(whole) <= {"traceEvents", "displayTimeUnit", "otherData"}:
            raise Malformed("not the JSON object form")
        self.summary = whole.get("otherData", {})
        self.processes, self.tracks, self.of_thread = {}, {}, {}
        events = whole["traceEvents"]
        for event in events:
            check_event(event)
        self.name_tracks(events)
        self.read_slices(events)

    def name_tracks(self, events):
        """Rule 4."""
        for event in events:
            if event["ph"] != "M":
                continue
            if event["name"] == "process_name":
                names, key = self.processes, event["pid"]
            else:
                names, key = self.of_thread, (event["pid"], event["tid"])
            if key in names:
                raise Malformed(f"named twice: {event}")
            names[key] = event["args"]["name"]
        if len({tid for _, tid in self.of_thread}) != len(self.of_thread):
            raise Malformed("a thread's number in two processes")
        for key, name in self.of_thread.items():
            self.tracks[key] = Track(self.processes[key[0]], name)
        for event in events:
            if event["ph"] != "M" and (event["pid"], event["tid"]) not in self.tracks:
                raise Malformed(f"of a track without a name: {event}")

    def read_slices(self, events):
        """Rules 2 and 3. Events are in the order of their time, and in the file's where that is the same; an X, which is written as it
        ends, is where it begins."""
        opened = collections.defaultdict(list)
        for event in events:
            track = self.tracks.get((event["pid"], event["tid"]))
            begun = opened[event["pid"], event["tid"]]
            if event["ph"] == "B":
                begun.append(Slice(event["name"], event["cat"], event["ts"], None, dict(event.get("args", {}))))
                track.slices.append(begun[-1])
            elif event["ph"] == "E":
                if not begun or event["ts"] < begun[-1].begin or event.get("name", begun[-1].name) != begun[-1].name:
                    raise Malformed(f"ends nothing: {event}")
                ended = begun.pop()
                ended.end = event["ts"]
                ended.args.update(event.get("args", {}))
            elif event["ph"] == "X":
                track.slices.append(Slice(event["name"], event["cat"], event["ts"], event["ts"] + event["dur"], event.get("args", {})))
            elif event["ph"] == "i":
                track.instants.append(Instant(event["name"], event["cat"], event["ts"], event.get("args", {})))
        if any(opened.values()):
            raise Malformed(f"never ended: {[slices for slices in opened.values() if slices]}")
        for track in self.tracks.values():
            nest(track)

    def threads(self):
        return {track.name: track for track in self.tracks.values() if track.process == "threads"}

    def domains(self):
        return {track.name: track for track in self.tracks.values() if track.process == "domains"}

    def invocations(self):
        """All of them, of all threads."""
        return [s for track in self.threads().values() for s in track.slices if s.category in ("gated", "merged")]


def nest(track):
    """Rule 3. A slice without length that begins where another ends or begins is apart from it."""
    track.slices.sort(key=lambda s: (s.begin, -s.end))
    around = []
    for s in track.slices:
        while around and around[-1].end <= s.begin:
            around.pop()
        if around:
            if s.end > around[-1].end:
                raise Malformed(f"overlaps: {s} and {around[-1]} of {track.name}")
            s.parent = around[-1]
            around[-1].children.append(s)
        around.append(s)
