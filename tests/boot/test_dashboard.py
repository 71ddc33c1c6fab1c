# SPDX-License-Identifier: BSD-2-Clause
"""The dashboard in a real browser: a person moves walls by mouse, finger and keys, and what comes of it is asked of the system itself, not only of the page.

The system is the web server with a static_content that can be made to fail. Pictures are left in build/screenshots.
"""

import contextlib
import json
import re

import chromium
import pytest
import test_events
from chromium import DOWN, ENTER, ESCAPE, RIGHT, TAB
from test_policy import COMPOSITE
from test_web import COMPONENTS, HELLO, REPOSITORY, System, assert_all_served, load

PICTURES = REPOSITORY / "build/screenshots"
WIDE, NARROW = (1280, 800), (390, 844)


class Site(System):
    def token(self):
        """The newest: each boot of mpd_manager makes another one."""
        return re.findall(r"^control token: ([0-9a-f]+)$", self.console(), re.M)[-1]

    def ask(self, method, path, body=None, token=None, headers=()):
        return super().ask(method, path, body, self.token() if token is None else token, headers)


@pytest.fixture(scope="module")
def running_system():
    system = Site("build/run-test-dashboard", "build/webserver-wild/modules.list")
    yield system
    system.running.stop()


@pytest.fixture(scope="module")
def browser():
    browser = chromium.Chromium()
    yield browser
    browser.quit()


@pytest.fixture
def system(running_system):
    """Isolated, with no rules, with the settings of a boot."""
    for rule in rules(running_system):
        running_system.ask("DELETE", f"/v1/rules/{rule}")
    assert running_system.ask("PUT", "/v1/policy", {"mode": "isolated", "budget_percent": 10, "crossing_cost": "measured", "threshold": None}).status == 200
    yield running_system
    assert running_system.get().body == HELLO


@pytest.fixture
def page(browser, system):
    """The dashboard at 1280 pixels, with the token. Afterwards it must have complained of nothing, and asked nobody else."""
    yield enter(browser.look(*WIDE), system)
    check(browser.watch(), system)


def address(system, token=None):
    return f"http://127.0.0.1:{system.control}/" + (f"#token={token}" if token else "")


def enter(browser, system, token=True):
    browser.open(address(system, system.token() if token else None))
    return arrived(browser)


def arrived(browser):
    """Once the stream has told of all. From then on notices are kept: they go after some seconds, which a busy machine may sleep through."""
    browser.wait_for("document.body?.dataset.connection === 'live' && document.querySelectorAll('g.component').length >= 25 "
                     "&& document.querySelector('#mode input:checked') && document.querySelector('#uptime').textContent", "the page is filled")
    browser.script("""
        const box = document.querySelector('#notice');
        window.notices ??= [];
        window.notices.observer ??= new MutationObserver(() => {
            if (box.checkVisibility()) window.notices.push([box.dataset.kind, box.querySelector('.text').textContent]);
        });
        window.notices.observer.observe(box, { attributeFilter: ['hidden'], childList: true, subtree: true });""")
    return browser


def check(browser, system):
    assert browser.complaints == []
    assert [request for request in browser.requests if not request.startswith((address(system), "data:", "about:"))] == []


# ---- What the system says ----


def told(system, path):
    reply = system.ask("GET", path, token="")
    assert reply.status == 200
    return json.loads(reply.body)


def rules(system):
    return [rule["name"] for rule in told(system, "/v1/rules")["rules"]]


def domains(system):
    """Who shares one, of more than one."""
    return sorted(sorted(members) for members in told(system, "/v1/partition")["domains"] if len(members) > 1)


def shown(page):
    """The same, as the page draws it."""
    rooms = page.all("#graph g.room", "data-members")
    return sorted(sorted(members.split()) for members in rooms if " " in members)


def settled(page, system, expected):
    """The system has this layout, and the page shows it."""
    page.wait_for(lambda: domains(system) == expected, f"the layout is {expected}; it is {domains(system)}")
    page.wait_for(lambda: shown(page) == expected, f"the page shows {expected}")


# ---- Where things are ----


def component(name):
    return f'g.component[data-component="{name}"]'


def ground(page):
    """A place of the picture that is in no room."""
    return page.wait_for("""(() => {
        const svg = document.querySelector('#graph'), box = svg.getBoundingClientRect();
        const taken = [...svg.querySelectorAll('g.room, g.component'), document.querySelector('#notice')].map(e => e.getBoundingClientRect());
        for (let y = box.y + 8; y < Math.min(box.bottom, innerHeight) - 8; y += 6)
            for (let x = box.x + 8; x < box.right - 8; x += 6)
                if (document.elementFromPoint(x, y)?.closest('svg') === svg && !taken.some(t => x > t.x - 6 && x < t.right + 6 && y > t.y - 6 && y < t.bottom + 6))
                    return [Math.round(x), Math.round(y)];
    })()""", "there is empty ground")


def rests(page):
    """The picture: some frames later everything is where it was. In between the page has had its turn to follow a change of its size."""
    page.wait_for(lambda: page.driver.execute_async_script("""
        const done = arguments[0], places = () => JSON.stringify([...document.querySelectorAll('g.component')].map(e => e.getBoundingClientRect())), before = places();
        let frames = 4;
        requestAnimationFrame(function next() { if (--frames) requestAnimationFrame(next); else done(places() === before); });"""), "the picture rests")


def drag(page, name, target, pointer="mouse"):
    """A component into another's room, or to a place."""
    rests(page)
    page.drag(page.centre(component(name)), page.centre(component(target)) if isinstance(target, str) else target, pointer)


def hold(page, name, target):
    """The same, without letting go."""
    rests(page)
    page.hold(page.centre(component(name)), page.centre(component(target)))


def notice(page, kind):
    """What the newest one of this kind has said."""
    said = page.wait_for(lambda: [text for other, text in page.script("return [...window.notices]") if other == kind], f"a notice says {kind}")
    page.script("window.notices.length = 0")
    return said[-1]


def loaded_until(page, system, requests, condition, what):
    """Loads the site until the page shows something; as many times as it takes. Returns the load that goes on."""
    process = load(system, requests, "-k", "-c", "8")

    def seen():
        nonlocal process
        if process.poll() is not None:
            assert_all_served(process, requests)
            process = load(system, requests, "-k", "-c", "8")
        return condition()

    page.wait_for(seen, what)
    return process


# ---- It is there ----


def test_it_loads(page, system):
    """Everything that the system has is drawn, nothing is asked of others, and nothing is complained about."""
    graph = system.graph()
    assert set(page.all("g.component", "data-component")) == COMPONENTS
    assert {int(number) for number in page.all("g.room", "data-domain")} == {domain["domain"] for domain in graph["domains"]}
    drawn = set(zip(page.all("g.edge", "data-client"), page.all("g.edge", "data-server")))
    assert {(edge["client"], edge["server"]) for edge in graph["edges"] if edge["server"] != "supervisor" and edge["invocations"]} <= drawn
    assert drawn <= {(edge["client"], edge["server"]) for edge in graph["edges"]}
    assert set(page.all("g.edge", "data-kind")) == {"gated"}
    assert page.attribute("#mode input:checked", "value") == "isolated"
    page.watch()
    assert address(system) + "app.js" in page.requests and address(system) + "v1/events" in page.requests
    policy = system.ask("GET", "/", token="").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy


def test_complaints_would_be_seen(browser, system):
    """What the other tests rely on: a script that the policy forbids, a foreign picture, an error and an exception do not go unnoticed."""
    enter(browser.look(*WIDE), system)
    check(browser.watch(), system)
    for script, word in (
        ("const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.head.append(s)", "Content Security Policy"),
        ("new Image().src = 'http://127.0.0.2:1/foreign.png'", "Content Security Policy"),
        ("console.error('it is wrong')", "it is wrong"),
        ("setTimeout(() => { throw new Error('thrown') })", "thrown"),
    ):
        browser.script(script)
        browser.wait_for(lambda word=word: any(word in complaint for complaint in browser.watch().complaints), f"a complaint about {word}")
        with pytest.raises(AssertionError):
            check(browser, system)
        browser.forget()
    assert browser.script("return window.bad") is None
    assert browser.inaccessible() == []
    browser.script("document.querySelector('#theme').removeAttribute('aria-label'); document.querySelector('#theme').textContent = ''")
    assert [found[0] for found in browser.inaccessible()] == ["button-name"]


def test_it_follows_others(page, system):
    """What somebody else does is shown, too: layout, mode, rules."""
    assert system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"}).status == 200
    settled(page, system, [["ip", "tcp"]])
    page.wait_for("document.querySelector('g.edge[data-client=tcp][data-server=ip]').dataset.kind === 'merged'", "the edge is merged")
    page.wait_for("document.querySelector('#mode input:checked').value === 'manual'", "the mode is manual")
    assert system.ask("POST", "/v1/rules", {"rule": "rule quiet apart vnic"}).status == 200
    page.wait_for("document.querySelector('#rules [data-rule=quiet]')", "the rule is listed")
    system.mode("isolated")
    settled(page, system, [])


def test_pages_that_were_left(page, system):
    """They keep no connection, so others have room; one that is come back to goes on."""
    for _ in range(8):
        enter(page, system)
    page.wait_for("document.querySelector('#uptime').textContent.includes(', 1 viewer.')", "there is one viewer")
    page.driver.get("about:blank")
    page.driver.back()
    arrived(page)
    assert system.ask("POST", "/v1/merge", {"into": "tcp", "from": "ip"}).status == 200
    settled(page, system, [["ip", "tcp"]])


def test_numbers_are_the_systems(page, system):
    """Under load edges get hot, requests are counted, and the tables have the graph's numbers once it is quiet."""
    hot = 'g.edge[data-client="connection_manager"][data-server="fd_api"]'
    process = loaded_until(page, system, 20000, lambda: int(page.attribute(hot, "data-heat")) >= 4 and page.script(
        "return /[1-9]/.test(document.querySelector('#chart-throughput output').textContent)"), "the hottest edge is drawn hot, and throughput is shown")
    page.screenshot(PICTURES / "load.png")
    assert_all_served(process, 20000)
    page.wait_for(lambda: int(page.attribute(hot, "data-heat")) <= 1, "it cools down")
    page.click("#edges-details summary")
    edges = {(edge["client"], edge["server"]): edge for edge in system.graph()["edges"]}
    cells = """Object.fromEntries([...document.querySelectorAll('#edges-table tbody tr')].map(row =>
        [row.dataset.client + ' ' + row.dataset.server, [...row.cells].slice(4, 6).map(cell => Number(cell.textContent.replace(/[^0-9]/g, '')))]))"""
    page.wait_for(lambda: page.script(f"return {cells}")["http_parser content_manager"] ==
                  [edges["http_parser", "content_manager"]["invocations"], edges["http_parser", "content_manager"]["gated"]], "the table has the graph's counts")


# ---- Walls, by mouse ----


def test_drag_to_merge_and_pull_out_to_split(page, system):
    moves = system.graph()["counters"]
    drag(page, "ip", "tcp")
    settled(page, system, [["ip", "tcp"]])
    said = notice(page, "done")
    assert "merged" in said or "domain" in said
    drag(page, "vnic", "ip")
    settled(page, system, [["ip", "tcp", "vnic"]])
    assert page.all('g.edge[data-client="ip"][data-server="vnic"]', "data-kind") == ["merged"]
    page.screenshot(PICTURES / "merged.png")
    drag(page, "ip", ground(page))
    settled(page, system, [["tcp", "vnic"]])
    assert page.all('g.edge[data-client="ip"][data-server="vnic"]', "data-kind") == ["gated"]
    drag(page, "vnic", ground(page))
    settled(page, system, [])
    after = system.graph()
    assert after["counters"]["merges"] - moves["merges"] >= 2 and after["counters"]["splits"] - moves["splits"] >= 2
    assert after["policy"]["mode"] == "manual"


def test_drag_from_room_to_room(page, system):
    for into, other in (("tcp", "ip"), ("fd_api", "http_parser")):
        assert system.ask("POST", "/v1/merge", {"into": into, "from": other}).status == 200
    settled(page, system, [["fd_api", "http_parser"], ["ip", "tcp"]])
    drag(page, "http_parser", "tcp")
    settled(page, system, [["http_parser", "ip", "tcp"]])


def test_let_go_without_a_consequence(page, system):
    """A small pull, a drop where it came from, Escape: nothing is asked of the system."""
    before = system.graph()["counters"]
    rests(page)
    x, y = page.centre(component("ip"))
    page.drag((x, y), (x + 3, y + 2))
    page.drag((x, y), (x + 12, y + 8))
    hold(page, "ip", "tcp")
    page.keys(ESCAPE)
    page.let_go()
    after = system.graph()["counters"]
    assert (after["merges"], after["splits"]) == (before["merges"], before["splits"]) and domains(system) == []
    assert page.watch().requests.count(address(system) + "v1/merge") == page.requests.count(address(system) + "v1/split") == 0


# ---- Walls, by keys ----


def focus(page, name):
    """By keys alone: into the picture, and from component to component until it is this one."""
    page.script("document.activeElement.blur(); document.querySelector('#theme').focus()")
    for _ in range(40):
        page.keys(TAB)
        if page.script("return document.activeElement.matches('g.component')"):
            break
    here = "return document.activeElement.dataset.component"
    seen = {page.script(here)}
    # Every component can be reached: a walk that goes on from each to those in all directions.
    for _ in range(200):
        if page.script(here) == name:
            return
        x, y = page.centre(component(page.script(here)))
        to_x, to_y = page.centre(component(name))
        ways = sorted([(to_x - x, RIGHT), (x - to_x, chromium.LEFT), (to_y - y, DOWN), (y - to_y, chromium.UP)], key=lambda way: -way[0])
        for _, key in ways:
            page.keys(key)
            if page.script(here) not in seen:
                break
        seen.add(page.script(here))
    raise AssertionError(f"{name} cannot be reached by keys; reached: {seen}")


def tab_to(page, selector):
    for _ in range(80):
        if page.script("return document.activeElement.matches(arguments[0])", selector):
            return
        page.keys(TAB)
    raise AssertionError(f"{selector} cannot be reached by the tabulator key")


def test_keys_merge_and_split(page, system):
    focus(page, "ip")
    page.keys(ENTER)
    page.wait_for("document.querySelector('#selection').dataset.component === 'ip'", "ip is selected")
    tab_to(page, "#merge-into")
    page.choose("#merge-into", "tcp")
    tab_to(page, "#merge-do")
    page.keys(ENTER)
    settled(page, system, [["ip", "tcp"]])
    tab_to(page, "#split-do")
    page.keys(ENTER)
    settled(page, system, [])


# ---- Policy ----


def choose_mode(page, mode):
    page.click(f'#mode label:has(input[value="{mode}"])')


def test_modes(page, system):
    for mode, count in (("merged", 1), ("isolated", len(COMPONENTS)), ("manual", len(COMPONENTS)), ("merge-only", None), ("adaptive", None)):
        choose_mode(page, mode)
        page.wait_for(lambda mode=mode: told(system, "/v1/policy")["mode"] == mode, f"the mode is {mode}")
        page.wait_for(f"document.querySelector('#mode input:checked').value === '{mode}'", f"the page shows {mode}")
        if count:
            page.wait_for(lambda count=count: told(system, "/v1/policy")["domains"] == page.count("g.room") == count, f"{count} domains")


def test_the_dial_sets_the_budget(page, system):
    def budget():
        return told(system, "/v1/policy")["budget_percent"]

    page.find("#budget").send_keys(RIGHT)
    page.wait_for(lambda: budget() > 10, "the budget is larger")
    assert told(system, "/v1/policy")["mode"] == "adaptive"
    page.wait_for(lambda: page.text("#budget-value").split()[1] == f"{budget():g}", "the page shows the system's budget")
    larger = budget()
    x, y, width = page.script("const r = document.querySelector('#budget').getBoundingClientRect(); return [r.x, r.y + r.height / 2, r.width]")
    at = page.script("const b = document.querySelector('#budget'); return b.value / b.max")
    page.drag((round(x + 8 + (width - 16) * at), round(y)), (round(x + 8), round(y)))
    page.wait_for(lambda: budget() < larger and budget() == 0, "the budget is 0 when the dial is turned all the way")


def test_decisions_are_shown(page, system):
    """The policy's decisions, with what they were expected to gain and what they gained, as the system tells them."""
    first = told(system, "/v1/policy")["decisions"] + 1
    assert system.ask("PUT", "/v1/policy", {"mode": "adaptive", "crossing_cost": COMPOSITE}).status == 200
    process = loaded_until(page, system, 40000, lambda: page.script(
        "return document.querySelectorAll('#decisions li[data-number]').length > 3 && document.querySelectorAll('g.edge[data-kind=merged]').length > 3")
        and any(d["actual_percent"] for d in told(system, f"/v1/decisions?since={first}")["decisions"]), "decisions come, and what came of them")
    page.screenshot(PICTURES / "decisions.png")
    assert_all_served(process, 40000)
    assert system.ask("PUT", "/v1/policy", {"mode": "manual"}).status == 200
    made = {d["number"]: d for d in told(system, f"/v1/decisions?since={first}")["decisions"]}
    assert any(d["actual_percent"] for d in made.values())
    rows = """[...document.querySelectorAll('#decisions li[data-number]')].map(li =>
        [Number(li.dataset.number), li.dataset.action, li.querySelector('.expected').textContent, li.querySelector('.actual').textContent])"""
    newest = max(made)
    page.wait_for(f"{rows}.some(row => row[0] === {newest})", "the newest decision is shown")

    def number(text):
        return float("".join(c for c in text.replace("\u2212", "-") if c in "-.0123456789") or "nan")

    seen = [row for row in page.script(f"return {rows}") if row[0] in made]
    assert seen and any(made[n]["actual_percent"] for n, *_ in seen)
    for n, action, expected, actual in seen:
        assert action == made[n]["action"]
        assert number(expected) == pytest.approx(made[n]["expected_percent"], abs=0.06, rel=0.06)
        if made[n]["actual_percent"] is not None and actual != "…":
            assert number(actual) == pytest.approx(made[n]["actual_percent"], abs=0.06, rel=0.06)


def test_a_wall_that_never_falls(page, system):
    """Marked in the page, obeyed by the system, and the page says which rule forbids a merge."""
    focus(page, "vnic")
    page.keys(ENTER)
    page.wait_for("document.querySelector('#selection').dataset.component === 'vnic'", "vnic is selected")
    page.choose("#wall-with", "ip")
    page.click("#wall-do")
    page.wait_for(lambda: len(rules(system)) == 1, "the system has the rule")
    (name,) = rules(system)
    (rule,) = told(system, "/v1/rules")["rules"]
    assert rule["kind"] == "apart" and {*rule["left"], *rule["right"]} == {"vnic", "ip"}
    page.wait_for(f"document.querySelector('#rules [data-rule=\"{name}\"]')", "the page lists it")
    reply = system.ask("POST", "/v1/merge", {"into": "vnic", "from": "ip"})
    assert reply.status == 409 and f"`{name}`" in reply.sentence()
    hold(page, "ip", "vnic")
    page.screenshot(PICTURES / "forbidden.png")
    page.let_go()
    assert name in notice(page, "refused")
    page.pardon("409")
    assert domains(system) == []
    # By a way that the page does not foresee, the system itself refuses it: with all the others in one room.
    choose_mode(page, "merged")
    page.wait_for(lambda: told(system, "/v1/policy")["domains"] == 2, "all are merged but for the wall")
    page.click(f'#rules [data-rule="{name}"] .remove')
    page.wait_for(lambda: rules(system) == [], "the rule is gone")
    page.wait_for(lambda: told(system, "/v1/policy")["domains"] == 1, "and so is the wall")


# ---- Who may ----


def test_read_only(browser, system):
    """Without a token all is shown and nothing can be moved; a wrong one is refused by the system; the right one, typed in, works."""
    page = enter(browser.look(*WIDE), system, token=False)
    assert page.attribute("body", "data-access") == "read"
    before = system.graph()["counters"]
    drag(page, "ip", "tcp")
    assert "token" in notice(page, "refused").lower()
    assert not page.find("#budget").is_enabled() and not page.find("#mode input").is_enabled()
    assert system.graph()["counters"]["merges"] == before["merges"]
    check(page.watch(), system)
    page.find("#token").send_keys("0" * 32 + ENTER)
    page.wait_for("document.body.dataset.access === 'write'", "it is tried")
    drag(page, "ip", "tcp")
    page.wait_for(lambda: page.attribute("#notice", "data-status") == "401", "the system refuses it")
    assert domains(system) == [] and page.attribute("body", "data-access") == "read"
    page.pardon("401")
    page.find("#token").send_keys(system.token() + ENTER)
    drag(page, "ip", "tcp")
    settled(page, system, [["ip", "tcp"]])
    assert page.script("return location.hash + document.documentElement.outerHTML").count(system.token()) == 0
    check(page.watch(), system)


# ---- Faults ----


def test_a_fault_appears(page, system):
    """On the component that had it, with the explanation, without a reload."""
    before = len(told(system, "/v1/faults")["reports"])
    assert system.get("/wild").status == 502
    report = told(system, "/v1/faults")["reports"][-1]
    assert len(told(system, "/v1/faults")["reports"]) == before + 1 and report["component"] == "static_content"
    page.wait_for(f"document.querySelector('#faults li[data-number=\"{report['number']}\"]')", "the fault is listed")
    entry = page.text(f'#faults li[data-number="{report["number"]}"]')
    for word in (report["component"], report["tried"], report["function"], report["place"], report["owner"], report["caller"], report["text"]):
        assert word in entry, (word, entry)
    page.wait_for("Number(document.querySelector('g.component[data-component=static_content]').dataset.faults) >= 1", "the component is marked")
    assert page.attribute(component("static_content"), "data-state") == "runs"
    page.click(f'#faults li[data-number="{report["number"]}"] button')
    page.wait_for("document.querySelector('#selection').dataset.component === 'static_content'", "a click shows whose it is")
    assert report["tried"] in page.text("#selection")
    page.screenshot(PICTURES / "fault.png")


def test_it_comes_back(browser, system):
    """The control component is rebooted: the page says that the connection is lost, comes back by itself, and knows the layout; the old token is no longer one."""
    page = enter(browser.look(*WIDE), system)
    old = system.token()
    page.script("window.states = []; new MutationObserver(() => states.push(document.body.dataset.connection)).observe(document.body, {attributeFilter: ['data-connection']})")
    assert system.ask("POST", "/v1/merge", {"into": "mpd_manager", "from": "static_content"}).status == 200
    settled(page, system, [["mpd_manager", "static_content"]])
    with contextlib.suppress(EOFError, OSError):
        system.get("/wild")
    page.wait_for("states.includes('lost')", "the page notices")
    page.wait_for("document.body.dataset.connection === 'live'", "the page comes back")
    page.wait_for(lambda: system.token() != old, "there is another token")
    system.ask("POST", "/v1/split", {"component": "mpd_manager"})
    settled(page, system, [])
    drag(page, "ip", "tcp")
    page.wait_for(lambda: page.attribute("#notice", "data-status") == "401", "the old token is refused")
    page.find("#token").send_keys(system.token() + ENTER)
    drag(page, "ip", "tcp")
    settled(page, system, [["ip", "tcp"]])


def test_a_policy_that_waits(page, system):
    """One's own policy that is loaded in a mode in which it decides nothing: the page says so, and when it does decide."""
    reply = system.ask("PUT", "/v1/policy/code?name=hottest", (REPOSITORY / "build/policy/hottest.elf").read_bytes())
    assert reply.status == 200
    page.wait_for("document.querySelector('#mode-help').textContent.includes('Policy `hottest` is loaded, and decides when the mode is adaptive; it is isolated now.')",
                  "the page says that it waits")
    assert system.ask("PUT", "/v1/policy", {"mode": "adaptive"}).status == 200
    page.wait_for("document.querySelector('#mode-help').textContent.endsWith('Policy “hottest” decides.')", "the page says that it decides")
    assert system.ask("PUT", "/v1/policy", {"mode": "isolated", "policy": "default"}).status == 200
    page.wait_for("!document.querySelector('#mode-help').textContent.includes('hottest')", "the page says no more of it")


def test_one_viewer_too_many(browser, system):
    """The page says why it shows nothing and what to do, in the system's words, and begins by itself once there is room."""
    page = browser.look(*WIDE)
    page.open("about:blank")
    full = []
    try:
        while len(full) < test_events.VIEWERS:      # the pages of other tests may not have been noticed to have gone yet
            viewer = test_events.Viewer(system.control, maybe=True)
            full += [viewer] if viewer.reply.status == 200 else []
        page.open(address(system))
        reason = system.ask("GET", "/v1/events", token="").sentence()
        page.wait_for("document.body?.dataset.connection === 'refused'", "the page learns that it is refused")
        page.wait_for(lambda: page.text("#connection") == f"{reason} This page tries again by itself.", "the page says why")
        assert f"{test_events.VIEWERS} viewers" in reason and "close one" in reason
        for size in (NARROW, WIDE):
            browser.look(*size)
            assert page.overflow() <= 0 and page.visible("#connection .text")
        assert page.inaccessible() == []
        full.pop().close()
        arrived(page)
        assert page.text("#connection") == "Live"
    finally:
        for viewer in full:
            viewer.close()
    assert page.watch().complaints and all("503" in complaint for complaint in page.complaints), page.complaints
    page.forget()


# ---- Everywhere ----

VIEWS = ("graph", "charts", "policy", "events", "tables")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda size: str(size[0]))
def test_it_fits(browser, system, size, scheme):
    """At both widths, dark and light: nothing to scroll sideways, no serious obstacle for anybody, in each view."""
    for into, other in (("tcp", "ip"), ("fd_api", "http_parser")):
        assert system.ask("POST", "/v1/merge", {"into": into, "from": other}).status == 200
    page = enter(browser.look(*size, scheme), system)
    assert page.attribute("html", "data-theme") in (scheme, None)
    page.screenshot(PICTURES / f"{size[0]}-{scheme}.png")
    page.click(component("ip"))
    for view in VIEWS if size == NARROW else VIEWS[:1]:
        if size == NARROW:
            page.click(f'#views [data-view="{view}"]')
        if view == "tables" or size == WIDE:
            page.script("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.overflow() <= 0, view
        assert page.inaccessible() == [], view
        page.screenshot(PICTURES / f"{size[0]}-{scheme}-{view}.png")
    check(page.watch(), system)


def test_by_finger(browser, system):
    """On a narrow screen that is touched."""
    page = enter(browser.look(*NARROW, touch=True), system)
    drag(page, "ip", "tcp", pointer="touch")
    settled(page, system, [["ip", "tcp"]])
    drag(page, "ip", ground(page), pointer="touch")
    settled(page, system, [])
    check(page.watch(), system)
    browser.look(*WIDE)
