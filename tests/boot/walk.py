# SPDX-License-Identifier: BSD-2-Clause
"""Walks a page of docs/ as a reader would: in a copy of the tree, command by command, and compares what each prints with what the page shows. Whatever
happens, nothing that the page has started runs on.

A page's commands are its ```console blocks:

    $ make component NAME=counter       a command; one that goes on in the next line goes on behind `> `
    component counter, id 64:           what it prints, both streams, till the next command
    ...                                 any lines, or none
                                        (nothing shown: nothing is printed)

What truly varies is named by a comment before the block, which nobody sees who reads the page: <!-- varies: REGEX -->, for the
block, <!-- varies everywhere: REGEX --> for all that follow. What matches it in the page and in the output is not compared.

One shell runs them all, so variables last. Ports are the reader's in the page, and free ones here.
"""
import dataclasses
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r'<!-- varies(?P<all> everywhere)?: (?P<varies>.*?) -->|^```(?P<kind>\w*)\n(?P<text>.*?)^```$', re.M | re.S)
ANY = '...'
# What of build/ a copy begins with, so that nothing is built twice; the rest is of no use to it.
BUILT = ('kernel', 'components', 'interface', 'third-party', 'newlib', 'src', 'qemu', 'static_content', 'dashboard', 'system', 'webserver', 'host')


@dataclasses.dataclass
class Step:
    line: int           # in the page
    command: str
    shown: list         # lines
    varies: list        # patterns


def steps(text):
    """The commands of a page, in order."""
    found, everywhere, here = [], [], []
    for block in BLOCK.finditer(text):
        if block['varies']:
            (everywhere if block['all'] else here).append(re.compile(block['varies']))
            continue
        if block['kind'] == 'console':
            first = text.count('\n', 0, block.start()) + 2
            for number, line in enumerate(block['text'].splitlines(), first):
                if line.startswith('$ '):
                    found.append(Step(number, line[2:], [], [*everywhere, *here]))
                elif line.startswith('> ') and found and not found[-1].shown:
                    found[-1].command += '\n' + line[2:]
                elif found:
                    found[-1].shown.append(line)
        here = []
    return found


def blurred(line, varies):
    for pattern in varies:
        line = pattern.sub('~', line)
    return line.rstrip()


def fits(shown, printed):
    """Whether the lines are those that were shown; ANY stands for any."""
    if not shown:
        return not printed
    if shown[0] == ANY:
        return any(fits(shown[1:], printed[i:]) for i in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and fits(shown[1:], printed[1:])


class Shell:
    """One bash, whose commands end with a mark that nothing prints: whatever they leave running may keep the pipe."""
    MARK = '-- walked --'

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(['bash', '--norc', '--noprofile'], cwd=folder, env=environment, text=False,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def run(self, command, seconds):
        """What it prints. A command that reads its input gets none."""
        self.process.stdin.write(f'{{ {command}\n}} </dev/null\necho; echo "{self.MARK}"\n'.encode())
        self.process.stdin.flush()
        said, end = b'', time.monotonic() + seconds
        while not said.endswith(f'\n{self.MARK}\n'.encode()):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b''
            if not piece:
                raise AssertionError(f'`{command}` {"has not ended after %d s" % seconds if not ready else "ended the shell"}:\n{said.decode(errors="replace")}')
            said += piece
        return said.decode(errors='replace').replace('\r', '').removesuffix(f'\n{self.MARK}\n').rstrip('\n').splitlines()

    def end(self):
        """Also of a command that has not ended."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def copy_tree(folder):
    """The tree as it is, with what is built of it; without anything that git would not keep, and without components that were added (make
    component): a page begins where a clone does."""
    folder = pathlib.Path(folder)
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], cwd=REPOSITORY, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split('\0') if name] if listed.returncode == 0 else [
        str(path.relative_to(REPOSITORY)) for path in REPOSITORY.rglob('*') if path.is_file() and path.relative_to(REPOSITORY).parts[0] not in ('build', '.git')]
    for name in names:
        if (REPOSITORY / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name, follow_symlinks=False)
    (folder / 'build').mkdir(parents=True, exist_ok=True)
    for name in BUILT:
        if (REPOSITORY / 'build' / name).exists():
            subprocess.run(['cp', '-a', REPOSITORY / 'build' / name, folder / 'build'], check=True)
    for manifest in [*folder.glob('components/*/*.manifest'), *folder.glob('webserver/*/*.manifest')]:
        subprocess.run([folder / 'components/new', manifest.stem, '--remove'], check=True, capture_output=True)
    return folder


def walk(page, folder, ports, seconds=900):
    """Runs the page's commands in the folder, a copy of the tree. `ports`: {a port of the page: the one in its place}."""
    environment = {**os.environ, 'PORT': str(ports[8080]), 'CONTROL_PORT': str(ports[8081]), 'LC_ALL': 'C.UTF-8', 'PYTHONDONTWRITEBYTECODE': '1'}
    for variable in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES'):     # the walk may be part of a `make test`
        environment.pop(variable, None)
    shell = Shell(folder, environment)
    try:
        for step in steps((folder / page).read_text()):
            command = step.command
            for shown, real in ports.items():
                command = command.replace(f':{shown}', f':{real}')
            printed = shell.run(command, seconds)
            for shown, real in ports.items():
                printed = [line.replace(f':{real}', f':{shown}') for line in printed]
            if not fits([blurred(line, step.varies) for line in step.shown], [blurred(line, step.varies) for line in printed]):
                raise AssertionError('\n'.join([f'{page}:{step.line}: `{step.command}` prints other than the page shows.', '-- the page:',
                                                *step.shown, '-- printed:', *printed]))
    finally:
        shell.end()
        if (folder / 'build/run/pid').exists():
            subprocess.run(['make', 'stop'], cwd=folder, env=environment, capture_output=True, check=True)
