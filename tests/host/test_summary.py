# SPDX-License-Identifier: BSD-2-Clause
"""The end of `make test`: what failed is named, with the first line of why, right above the last line, whoever ran it: pytest, Node.js or cmocka, a test that died,
a runner that failed. The files that are summed up are written by the runners themselves, of tests that are made to fail here."""
import os
import pathlib
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

PYTEST = """
import pytest
def test_good(): pass
def test_bad(): assert 6 * 7 == 43, "first line\\nsecond line"
@pytest.mark.parametrize("n", [1])
def test_raises(n): raise ValueError("x" * 1000)
@pytest.fixture
def broken(): raise OSError("no such thing")
def test_setup(broken): pass
def test_skipped(): pytest.skip("not here")
"""
NODE = """
import test from 'node:test';
import assert from 'node:assert';
test('a good one', () => {});
test('a bad one', () => assert.equal(1, 2, 'one is not two'));
"""
CMOCKA = """
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
static void good(void **state) { (void)state; }
static void bad(void **state) { (void)state; assert_int_equal(1, 2); }
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
"""


def summary(tree, *suites):
    """Status and lines, run where the tests' files are."""
    done = subprocess.run([REPOSITORY / 'tests/summary', 'results', *suites], cwd=tree, capture_output=True, text=True, check=False)
    assert done.stderr == ''
    return done.returncode, done.stdout.splitlines()


@pytest.fixture
def tree(tmp_path):
    """A repository with tests below tests/boot and tests/host, and the runners' results below results."""
    for name in ('tests/boot', 'tests/host', 'results/boot', 'results/host'):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def by_pytest(tree, suite, text=PYTEST):
    (tree / f'tests/{suite}/test_made.py').write_text(text)
    result = tree / 'results' / suite / ('pytest.xml' if suite == 'boot' else 'test_made-pytest.xml')
    subprocess.run([sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', tree, f'--junitxml={result}', f'tests/{suite}/test_made.py'],
                   cwd=tree, capture_output=True, check=False)
    assert result.exists()


@pytest.mark.parametrize('suite', ['boot', 'host'])
def test_pytests_are_named_as_pytest_takes_them(tree, suite):
    by_pytest(tree, suite)
    status, lines = summary(tree, suite)
    file = f'tests/{suite}/test_made.py'
    assert status == 1 and lines[0] == f'{suite} tests: 1 passed, 3 failed, 1 skipped' and lines[-1] == '1 passed, 3 failed'
    assert lines[1] == f'FAILED {file}::test_bad: AssertionError: first line'
    assert lines[2] == f'FAILED {file}::test_raises[1]: ValueError: {"x" * 288} ...'
    assert lines[3].startswith(f'FAILED {file}::test_setup: ') and 'no such thing' in lines[3] and len(lines) == 5
    # The name is one that pytest takes.
    again = subprocess.run([sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', tree, lines[2].split(': ')[0].removeprefix('FAILED ')],
                           cwd=tree, capture_output=True, text=True, check=False)
    assert again.stdout.splitlines()[-1].startswith('1 failed'), again.stdout


def test_nodes_and_cmockas_are_named(tree):
    """As tests/run-host has them run."""
    (tree / 'made.mjs').write_text(NODE)
    subprocess.run(['node', '--test', '--test-reporter=junit', '--test-reporter-destination=results/host/test_shape-node.xml', 'made.mjs'], cwd=tree,
                   capture_output=True, check=False)
    (tree / 'made.c').write_text(CMOCKA)
    subprocess.run(['gcc', '-o', tree / 'made', tree / 'made.c', '-lcmocka'], check=True)
    subprocess.run([tree / 'made'], cwd=tree, env={**os.environ, 'CMOCKA_MESSAGE_OUTPUT': 'xml', 'CMOCKA_XML_FILE': 'results/host/test_sums-%g.xml'},
                   capture_output=True, check=False)
    status, lines = summary(tree, 'host')
    assert status == 1 and lines[0] == 'host tests: 2 passed, 2 failed, 0 skipped' and lines[-1] == '2 passed, 2 failed'
    assert 'FAILED test_shape: a bad one: one is not two' in lines
    (told,) = [line for line in lines if line.startswith('FAILED test_sums: bad: ')]
    assert '0x1 != 0x2' in told and len(lines) == 4


def test_a_test_that_died(tree):
    """What run-host itself writes, of one that does not build; and a file that its writer did not finish."""
    from importlib.machinery import SourceFileLoader
    runner = SourceFileLoader('run_host', str(REPOSITORY / 'tests/run-host')).load_module()
    runner.died(pathlib.Path('tests/host/test_gone.c'), tree / 'results/host', 'does not build', '')
    (tree / 'results/host/test_half-pytest.xml').write_text('<testsuites><testsuite name="x"><testcase name=')
    status, lines = summary(tree, 'host')
    assert status == 1 and lines == ['host tests: 0 passed, 2 failed, 0 skipped', 'FAILED test_gone: does not build',
                                     'FAILED test_half-pytest.xml: whoever wrote this file died meanwhile', '0 passed, 2 failed']


def test_runners_that_fail(tree):
    """A suite of which nothing has run, and one whose runner failed although no test did, are failures; both suites' are at the end, together."""
    by_pytest(tree, 'host', 'def test_good(): pass\n')
    (tree / 'results/host/failed').touch()
    status, lines = summary(tree, 'host', 'boot')
    assert status == 1 and lines == ['host tests: 1 passed, 1 failed, 0 skipped', 'boot tests: 0 passed, 1 failed, 0 skipped',
                                     'FAILED host tests: their runner failed, though none of them did', 'FAILED boot tests: none has run', '1 passed, 2 failed']


def test_all_is_well(tree):
    by_pytest(tree, 'boot', 'def test_good(): pass\n')
    assert summary(tree, 'boot') == (0, ['boot tests: 1 passed, 0 failed, 0 skipped', '1 passed, 0 failed'])


def test_very_many_do_not_push_the_sums_away(tree):
    by_pytest(tree, 'boot', 'import pytest\n@pytest.mark.parametrize("n", range(70))\ndef test_all(n): assert False\n')
    status, lines = summary(tree, 'boot')
    assert status == 1 and len(lines) == 53 and lines[-2:] == ['FAILED and 20 more: results has them all', '0 passed, 70 failed']
