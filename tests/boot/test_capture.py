# SPDX-License-Identifier: BSD-2-Clause
"""`make run PCAP=file`: what went over the wire, as Wireshark reads it: every packet is well formed, and the request and its answer are there."""

import shutil
import subprocess

import pytest
from test_start import User

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark here")


def tshark(file, *arguments):
    done = subprocess.run(["tshark", "-r", str(file), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_packets_can_be_looked_at(tmp_path):
    user = User(tmp_path)
    capture = tmp_path / "packets.pcap"
    user.environment["PCAP"] = str(capture)
    started = user.does("start")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        assert user.gets("/hw") == b"hello world"
        assert user.gets("/v1/edges?format=csv", user.control_port).startswith(b"client,server")
    finally:
        user.does("stop")
    assert len(tshark(capture)) > 20
    # Checksums are looked at, too: Wireshark does not by default.
    checked = ("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE")
    sent = "ip.src == 10.0.2.15"
    assert tshark(capture, *checked, "-Y", f"{sent} && (_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0)") == []
    requests = tshark(capture, "-Y", "http.request", "-T", "fields", "-e", "tcp.dstport", "-e", "http.request.uri")
    assert "80\t/hw" in requests
    # The control port is none that Wireshark takes for HTTP.
    ports = ("-d", "tcp.port==8081,http")
    answers = tshark(capture, *ports, "-Y", f"{sent} && http.response", "-T", "fields", "-e", "http.response.code", "-e", "http.content_length_header")
    assert "200\t11" in answers and len(answers) >= 2
    assert any("/v1/edges" in line for line in tshark(capture, *ports, "-Y", "http.request", "-T", "fields", "-e", "http.request.uri"))
