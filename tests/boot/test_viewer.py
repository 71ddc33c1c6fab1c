# SPDX-License-Identifier: BSD-2-Clause
"""Traces of the running system in a viewer that others wrote (viewer.py): every track is there under its name, each invocation as long as trace_events.py reads it,
and the viewer complains of nothing. Traces that were broken on purpose it does notice. Its picture is left in build/screenshots."""

import json
import math
import re

import pytest
import trace_events
from test_trace import fetch_text, post
from test_web import REPOSITORY, System, assert_all_served, load
from viewer import Viewer

PICTURES = REPOSITORY / "build/screenshots"
# speedscope tells boxes apart by their arguments too, so it remarks on an E with arguments of its own; the format adds them to those of the B.
REMARK = re.compile(r'ts=\S+: Tried to end "(\S+) \{"instructions":\d+\}" when "(\1( \{.*\})?)" was on the top of the stack\. Ending \2 instead\.')


@pytest.fixture(scope="module")
def recorded():
    """Requests to an isolated site, a merge and a split meanwhile."""
    system = System("build/run-test-viewer", "build/webserver/modules.list")
    try:
        post(system, on=True)
        assert_all_served(load(system, 100, "-c", "4"), 100)
        assert system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"}).status == 200
        assert_all_served(load(system, 100, "-c", "4"), 100)
        assert system.ask("POST", "/v1/split", {"component": "ip"}).status == 200
        assert post(system, on=False)["lost"] == 0
        return fetch_text(system)
    finally:
        system.running.stop()


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    viewer = Viewer(tmp_path_factory.mktemp("viewer"))
    yield viewer
    viewer.quit()


# ---- What our reader says, as the viewer names it ----


def full_name(process, pid, name, tid):
    return f"{process} (pid {pid}), {name} (tid {tid})"


def tracks(trace):
    """Those with something in them."""
    return {full_name(track.process, pid, track.name, tid): track for (pid, tid), track in trace.tracks.items() if track.slices}


def label(s):
    """A box's name: with the arguments of its B."""
    args = {key: value for key, value in s.args.items() if key != "instructions"}
    return s.name + (" " + json.dumps(args, separators=(",", ":")) if args else "")


def expected_boxes(track):
    """What took no time is not shown; and to the viewer a box without arguments that begins as one of its name ends is the same one, as where a thread was
    elsewhere for no time."""
    start = min(s.begin for s in track.slices)
    found = []
    for s in track.slices:
        begin, end = (round((at - start) * 1000) for at in (s.begin, s.end))
        if found and s.category == "thread" and found[-1][0] == label(s) and found[-1][2] == begin:
            found[-1] = (label(s), found[-1][1], end)
        elif end > begin:
            found.append((label(s), begin, end))
    return found


def totals(track):
    """In microseconds: {label: [total, own]}. Within a box of the same label no time counts twice."""
    found = {}
    for s in track.slices:
        times = found.setdefault(label(s), [0, 0])
        times[1] += s.end - s.begin - sum(child.end - child.begin for child in s.children)
        around = s.parent
        while around and label(around) != label(s):
            around = around.parent
        times[0] += 0 if around else s.end - s.begin
    return found


UNITS = {"ns": 0.001, "µs": 1, "ms": 1000, "s": 1000000}


def agrees(written, microseconds):
    """Is it what the viewer writes, with two decimals of its unit?"""
    number, unit = re.fullmatch(r"([\d.]+)(\D+)", written).groups()
    return abs(float(number) * UNITS[unit] - float(microseconds)) <= 0.0051 * UNITS[unit]


# ---- The viewer ----


def remarks(said):
    """Apart from the others."""
    return [text for text in said if REMARK.fullmatch(text)], [text for text in said if not REMARK.fullmatch(text)]


def test_the_viewer_agrees(viewer, recorded):
    """To the nanosecond, box by box; in what it writes to the screen too; and it asks nobody for anything."""
    trace = trace_events.Trace(recorded)
    viewer.show(recorded, height=1600)
    known, complaints = remarks(viewer.said())
    assert complaints == []
    assert len(known) == sum(len(track.slices) for track in trace.threads().values())
    wanted = tracks(trace)
    saved = viewer.save()
    assert list(saved) == list(wanted)
    for name, track in wanted.items():
        assert saved[name] == expected_boxes(track), name
    shown = viewer.list()
    assert set(shown) == set(wanted)
    for name, track in wanted.items():
        assert agrees(shown[name], sum(s.end - s.begin for s in track.slices if not s.parent)), name
    assert len(trace.domains()) >= 27 and {"web", "tcp_input", "control"} <= {track.name for track in wanted.values()}
    for name in (name for name, track in wanted.items() if track.name in ("web", "tcp_input", "domain 0")):
        viewer.choose_track(name)
        table, times = viewer.sandwich(), totals(wanted[name])
        assert set(table) == set(times)
        for key, (total, own) in table.items():
            assert agrees(total, times[key][0]) and agrees(own, times[key][1]), (key, total, own, times[key])
    assert viewer.outside() == [] and viewer.complaints == []


def test_picture(viewer, recorded):
    """A request, seen so near that its invocations can be read: zooming by keys goes to where the mouse is above all, which is exact to a pixel of the whole time."""
    trace = trace_events.Trace(recorded)
    ((name, web),) = ((name, track) for name, track in tracks(trace).items() if track.name == "web")
    begin, end = min(s.begin for s in web.slices), max(s.end for s in web.slices)
    pixel = (end - begin) / 1280
    after = {s.begin: (s.begin - begin) / pixel for s in web.slices if s.name == "static_content.static_get"}
    x = round(min(after.values(), key=lambda x: abs(x - round(x))))
    viewer.show(recorded, height=300)
    viewer.choose_track(name)
    viewer.keys("1")
    viewer.point(x, 80)
    viewer.keys("=" * round(math.log2((end - begin) / 50)))
    viewer.screenshot(PICTURES / "trace.png")


# ---- Broken ones ----


def first(events, condition):
    return next(i for i, event in enumerate(events) if condition(event))


def last_end(events):
    return max(i for i, event in enumerate(events) if event["ph"] == "E" and event.get("name", "").startswith("fd_api."))


def without_an_end(events):
    del events[last_end(events)]


def with_a_negative_duration(events):
    """It ends before anything of its track has begun."""
    events[last_end(events)]["ts"] = -1.0


def without_a_begin(events):
    del events[first(events, lambda e: e["ph"] == "B" and e["name"].startswith("fd_api."))]


def with_an_unnamed_track(events):
    del events[first(events, lambda e: e["ph"] == "M" and e["args"]["name"] == "web")]


def with_the_name_of_another(events):
    events[last_end(events)]["name"] = "tcp.tcp_take"


def with_nameless_ends(events):
    """As the format allows, and this viewer does not."""
    for event in events:
        if event["ph"] == "E":
            event.pop("name", None)


def without_a_phase(events):
    del events[-1]["ph"]


@pytest.mark.parametrize("damage", [without_an_end, with_a_negative_duration, without_a_begin, with_an_unnamed_track, with_the_name_of_another, with_nameless_ends,
                                    without_a_phase])
def test_what_the_viewer_notices(viewer, recorded, damage):
    """Each of them is told: by a complaint, or by a track that is not there under its name."""
    whole = json.loads(recorded)
    damage(whole["traceEvents"])
    viewer.show(json.dumps(whole))
    _, complaints = remarks(viewer.said())
    if damage is with_an_unnamed_track:
        assert not complaints
        shown, wanted = viewer.list(), tracks(trace_events.Trace(recorded))
        assert set(wanted) - set(shown) == {name for name, track in wanted.items() if track.name == "web"}
    else:
        assert complaints
    if damage is with_nameless_ends:
        trace_events.Trace(json.dumps(whole))
    else:
        with pytest.raises(trace_events.Malformed):
            trace_events.Trace(json.dumps(whole))


def test_what_is_no_trace(viewer):
    viewer.show('{"traceEvents":[{"ph":"B"')
    assert viewer.said()
