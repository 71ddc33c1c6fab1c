# SPDX-License-Identifier: BSD-2-Clause
"""What tests ask of the control interface of a running system (test_web.System) in passing; what is refused fails the test."""

import json


def told(system, path):
    reply = system.ask("GET", path)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def settings(system, **members):
    """Sets the policy's; what it answers."""
    reply = system.ask("PUT", "/v1/policy", members)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def drop_rules(system):
    """But for that of an own policy, which stays as long as that is loaded."""
    for rule in told(system, "/v1/rules")["rules"]:
        assert system.ask("DELETE", f"/v1/rules/{rule['name']}").status == 200 or rule["name"] == "own_policy"
