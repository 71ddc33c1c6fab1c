# SPDX-License-Identifier: BSD-2-Clause
"""`make debug`: gdb with the symbols of all components, backtraces through gates, and the commands that show domains. What gdb reads from the
processor's tables is held against what the system says of itself over the control interface."""

import json
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest
from test_start import User

pytestmark = pytest.mark.skipif(shutil.which("gdb") is None, reason="no gdb here")

SCRIPT = """
break static_get
commands
  silent
end
continue
echo ==backtrace\\n
backtrace
echo ==stack\\n
shoji stack
echo ==domains\\n
shoji domains
echo ==components\\n
shoji components
echo ==gates\\n
shoji gates connection_manager
echo ==own\\n
shoji who &'webserver/port_manager/port_manager.c'::ports
echo ==kernel\\n
shoji who &system_state
echo ==code\\n
shoji who static_get
echo ==packet\\n
shoji who 0xe400008
echo ==frame\\n
shoji who $rsp
echo ==callers\\n
shoji who $mmp_fb
echo ==threads\\n
shoji threads
echo ==blocked\\n
shoji backtrace 1
echo ==after\\n
info registers rip
echo ==wrong\\n
python
for wrong in ("shoji gates nobody", "shoji backtrace 99", "shoji who", "shoji stack x", "shoji who no_such_symbol"):
    try:
        gdb.execute(wrong)
        print("no error: " + wrong)
    except gdb.error as reason:
        print(reason)
end
echo ==interrupt\\n
delete
break trap
continue
backtrace
echo ==end\\n
delete
detach
"""


def until_answered(user, answers):
    """Asks until the site answers; the one request that meets the breakpoint waits for gdb."""
    while not answers:
        try:
            answers.append(user.gets("/hw"))
        except OSError:
            time.sleep(0.05)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """What gdb printed, by the name of each part; the answer of the request that it stopped; the system's own word afterwards."""
    folder = tmp_path_factory.mktemp("debug")
    user = User(folder)
    script = folder / "script.gdb"
    script.write_text(SCRIPT)
    # Before it ends gdb waits for a file: by then the test has asked the system itself.
    asked = folder / "asked"
    wait = f"python\nimport os, time\nwhile not os.path.exists('{asked}'): time.sleep(0.05)\nend\n"
    (folder / "wait.gdb").write_text(wait)
    user.environment["GDB_ARGS"] = f"-batch -x {script} -x {folder / 'wait.gdb'}"
    process = user.begins("debug")
    answers = []
    client = threading.Thread(target=until_answered, args=(user, answers), daemon=True)
    client.start()
    try:
        client.join(240)
        graph = json.loads(user.gets("/v1/graph", user.control_port)) if answers else None
        asked.touch()
        text, _ = process.communicate(timeout=240)
    finally:
        asked.touch()
        if process.poll() is None:
            process.kill()
            process.communicate()
        subprocess.run(["boot/run", "stop"], cwd=pathlib.Path(__file__).resolve().parents[2], env=user.environment, capture_output=True)
    parts = re.split(r"^==(\w+)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2])), answers, graph, text


def test_the_request_is_answered_afterwards(session):
    parts, answers, _, text = session
    assert answers == [b"hello world"], text
    assert "end" in parts, text


def test_backtrace_goes_through_every_domain(session):
    parts, _, _, text = session
    lines = parts["backtrace"].splitlines()
    functions = [re.match(r"#\d+\s+(?:0x\w+ in )?(<[^>]+>|\w+)", line)[1] for line in lines]
    expected = [
        "static_get", "<gate: content_manager -", "content_get", "<gate: http_parser -", "content_ask",
        "<gate: fd_api -", "fd_read_badged", "<gate: connection_manager -", "web_thread", "thread_base",
    ]
    found = iter(function.removesuffix(">") for function in functions)
    for function in expected:
        assert any(function in one for one in found), f"{function} is missing or out of order\n{parts['backtrace']}"
    assert functions[-1] == "thread_base", parts["backtrace"]
    assert "static_content.c:" in lines[0]


def test_call_stack(session):
    parts = session[0]
    gates = re.findall(r"^#\d+  (.*)", parts["stack"], re.M)
    assert gates == [
        "gate: content_manager -> static_content, static_get", "gate: http_parser -> content_manager, content_get",
        "gate: fd_api -> http_parser, http_read", "gate: connection_manager -> fd_api, fd_read", "the base of the thread",
    ]


def test_domains_are_those_of_the_control_interface(session):
    parts, _, graph, _ = session
    found = {}
    for line in parts["domains"].splitlines()[1:]:
        words = line.removeprefix("*").split()
        found[int(words[0])] = set(words[6:])
    expected = {}
    for component in graph["components"]:
        expected.setdefault(component["domain"], set()).add(component["name"])
    assert found == expected
    running = [line for line in parts["domains"].splitlines() if line.startswith("*")]
    assert len(running) == 1 and running[0].endswith("static_content")


def test_components_and_gates(session):
    parts, _, graph, _ = session
    listed = {line.split()[1]: line.split() for line in parts["components"].splitlines()[1:]}
    assert set(listed) == {component["name"] for component in graph["components"]}
    assert all(words[-1] == "yes" for words in listed.values()), parts["components"]
    rows = {tuple(line.split()[1:4]): line.split() for line in parts["gates"].splitlines()[1:]}
    assert int(rows["connection_manager", "fd_api", "fd_read"][-1]) >= 1


def test_who_may_touch_an_address(session):
    parts = session[0]
    assert "port_manager, slot" in parts["own"] and "read-write    domain" in parts["own"]
    assert parts["own"].count("domain") == 1, parts["own"]
    assert "the supervisor's memory" in parts["kernel"] and "nobody but the supervisor" in parts["kernel"]
    assert "read-execute" in parts["code"] and "static_content" in parts["code"]
    assert "whoever runs now" in parts["frame"]
    packet = parts["packet"].splitlines()  # the first buffer of pool net, whose packets vnic's device writes, and vnic cannot
    assert "net" in packet[0] and "  read-write    device 0, by itself" in packet and "vnic" not in parts["packet"], packet
    # The first word above the frame base is the caller's: nobody's now.
    assert "stack of thread" in parts["callers"] and "whoever" not in parts["callers"]


def test_a_blocked_thread(session):
    parts = session[0]
    rows = [line.removeprefix("*").split() for line in parts["threads"].splitlines()[1:]]
    assert ["1", "tcp_input", "tcp", "invoked"] == rows[1][:4]
    text = parts["blocked"]
    for function in ("sched_line_wait", "vnic_receive", "ip_receive", "tcp_input_thread", "thread_base"):
        assert function in text, text
    # The processor's registers are what they were.
    assert "<static_get" in parts["after"], parts["after"]


def test_errors_are_sentences(session):
    text = session[0]["wrong"]
    assert "no error" not in text, text
    assert "no component nobody: shoji components lists them" in text
    assert re.search(r"no thread 99: there are 0 to \d+", text) and "no thread x" in text
    assert 'No symbol "no_such_symbol"' in text and "an address or an expression" in text


def test_an_interrupt_leads_back_to_who_was_interrupted(session):
    text = session[0]["interrupt"]
    assert re.search(r"^#0 .*\btrap \(", text, re.M) and "<signal handler called>" in text, text
    assert "thread_base" in text or "supervisor" in text, text
