# SPDX-License-Identifier: BSD-2-Clause
"""A network namespace with one tap device, for tests and measurements beside the machine's own network. Needs root.

The host's side has the address that QEMU's user-mode network would have, so the guest needs no other set-up.
"""
import os
import subprocess

HOST = '10.0.2.2'
GUEST = '10.0.2.15'
DEVICE = 'tap0'


class Namespace:
    def __init__(self):
        self.name = f'shoji{os.getpid()}'
        self.prefix = ['ip', 'netns', 'exec', self.name]    # runs a command inside: QEMU and its clients

    def __enter__(self):
        ip('netns', 'add', self.name)
        try:
            for words in (['tuntap', 'add', DEVICE, 'mode', 'tap'], ['addr', 'add', f'{HOST}/24', 'dev', DEVICE],
                          ['link', 'set', DEVICE, 'up'], ['link', 'set', 'lo', 'up']):
                ip('-n', self.name, *words)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        ip('netns', 'del', self.name)


def ip(*words):
    subprocess.run(['ip', *words], check=True)
