# SPDX-License-Identifier: BSD-2-Clause
"""Walls that move while components are killed: random merges and splits through the control interface, which is down now and then
itself. What is refused or lost is not counted: only that it does no harm."""

import http.client
import random
import threading
import time

PAUSE = 0.02


class Mover(threading.Thread):
    def __init__(self, target, seed=1):
        super().__init__(daemon=True)
        self.target, self.draw = target, random.Random(seed)
        self.moved = 0
        self.stopped = False

    def run(self):
        names = list(self.target.components)
        while not self.stopped:
            one, other = self.draw.sample(names, 2)
            merge = self.draw.random() < 0.3
            body = {"into": one, "from": other} if merge else {"component": one}
            try:
                status, _ = self.target.ask("POST", "/v1/merge" if merge else "/v1/split", body)
                self.moved += status == 200
            except (OSError, ValueError, http.client.HTTPException):
                pass
            time.sleep(PAUSE)


def warm_up(target, moves=30):
    """So that the control interface has the memory that it needs for it."""
    mover = Mover(target)
    mover.start()
    while mover.moved < moves and mover.is_alive():
        time.sleep(PAUSE)
    mover.stopped = True
    mover.join()
    isolate(target)


def merge_and_split(target, one, other):
    for path, body in (("/v1/merge", {"into": one, "from": other}), ("/v1/split", {"component": other})):
        status, told = target.ask("POST", path, body)
        assert status == 200, told


def isolate(target):
    policy(target, "isolated")


def merge(target):
    policy(target, "merged")


def policy(target, mode, seconds=10):
    end = time.monotonic() + seconds
    while True:
        try:
            status, _ = target.ask("PUT", "/v1/policy", {"mode": mode})
            if status == 200:
                return
        except (OSError, ValueError, http.client.HTTPException):
            pass
        if time.monotonic() > end:
            raise AssertionError(f"the policy cannot be set to {mode}: the control interface does not answer")
        time.sleep(0.1)
