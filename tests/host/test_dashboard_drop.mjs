/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What dropping something somewhere means (model/drop.js): the request, by what is held and what is below; the rules that would forbid it, against all
 * pairs looked at one by one; and numbers and names as people read them (model/format.js).
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { choices, costs } from '../../components/mpd_manager/dashboard/src/model/costs.js';
import { forbidding, intent, sealing, wallRule } from '../../components/mpd_manager/dashboard/src/model/drop.js';
import {
    bytes,
    count,
    decided,
    exact,
    heat,
    HEATS,
    lines,
    percent,
    top,
    uptime,
    width,
} from '../../components/mpd_manager/dashboard/src/model/format.js';
import { nothing } from '../../components/mpd_manager/dashboard/src/model/state.js';

const apart = (name, left, right) => ({ name, kind: 'apart', rule: '', left, right });
const together = (name, left, right = []) => ({ name, kind: 'together', rule: '', left, right });
const state = (rooms, rules = []) => ({ ...nothing, rooms: rooms.map((members, i) => ({ domain: i + 1, members })), rules });
const held = name => ({ kind: 'component', name }),
    room = domain => ({ kind: 'room', domain }),
    ground = { kind: 'ground' };
const asked = ({ verb, body }) => [verb, body];

test('a component that is alone merges into another’s room', () => {
    const now = state([['tcp'], ['ip'], ['vnic', 'lock']]);
    assert.deepEqual(asked(intent(now, held('ip'), held('tcp'))), ['merge', { into: 'tcp', from: 'ip' }]);
    assert.deepEqual(asked(intent(now, held('ip'), room(3))), ['merge', { into: 'vnic', from: 'ip' }]);
});

test('one of several moves alone; a whole room merges by its handle', () => {
    const now = state([['tcp'], ['ip', 'vnic']]);
    assert.deepEqual(asked(intent(now, held('vnic'), held('tcp'))), ['move', { component: 'vnic', into: 'tcp' }]);
    assert.deepEqual(asked(intent(now, room(2), held('tcp'))), ['merge', { into: 'tcp', from: 'ip' }]);
    assert.match(intent(now, room(2), room(1)).sentence, /merge ip and vnic into tcp’s room/);
});

test('on the ground: split, if there is somebody to split from', () => {
    const now = state([['tcp'], ['ip', 'vnic']]);
    assert.deepEqual(asked(intent(now, held('ip'), ground)), ['split', { component: 'ip' }]);
    assert.deepEqual(asked(intent(now, held('tcp'), ground)), [null, null]);
    assert.deepEqual(asked(intent(now, room(2), ground)), [null, null]);
});

test('its own room, its own mate, or somebody who is gone: nothing, with a sentence', () => {
    const now = state([['tcp'], ['ip', 'vnic']]);
    for (const [thing, target] of [
        [held('ip'), room(2)],
        [held('ip'), held('vnic')],
        [held('ip'), held('ip')],
        [held('gone'), held('tcp')],
        [held('tcp'), held('gone')],
        [held('tcp'), room(99)],
    ]) {
        const meant = intent(now, thing, target);
        assert.deepEqual(asked(meant), [null, null]);
        assert.match(meant.sentence, /\.$/);
    }
});

test('a rule is named beforehand, for merge, move and split', () => {
    const rooms = [['tcp'], ['ip', 'vnic'], ['lock']];
    assert.equal(intent(state(rooms, [apart('wall', ['tcp'], ['ip'])]), held('tcp'), room(2)).rule, 'wall');
    assert.equal(intent(state(rooms, [apart('wall', ['tcp'], ['ip'])]), held('vnic'), held('tcp')).rule, null);
    assert.equal(intent(state(rooms, [together('pair', ['ip', 'vnic'])]), held('vnic'), held('tcp')).rule, 'pair');
    assert.equal(intent(state(rooms, [together('pair', ['ip'], ['vnic'])]), held('ip'), ground).rule, 'pair');
    assert.equal(intent(state(rooms, [together('pair', ['ip', 'vnic'])]), room(2), held('tcp')).rule, null);
    assert.equal(intent(state(rooms, [apart('same', ['ip', 'lock'], ['ip', 'lock'])]), held('lock'), room(2)).rule, 'same');
    assert.equal(intent(state(rooms, [apart('alone', ['lock'], ['tcp', 'ip', 'vnic'])]), held('lock'), held('tcp')).rule, 'alone');
});

test('forbidding agrees with all pairs, one by one', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    let seed = 1;
    const random = limit => (seed = (seed * 48271) % 2147483647) % limit;
    const some = () => names.filter(() => random(2));
    for (let round = 0; round < 3000; round++) {
        const rule = random(2) ? apart('r', some(), some()) : together('r', some(), some());
        const all = some(),
            moved = all.filter(() => random(2)),
            left = names.filter(name => !all.includes(name) && random(2));
        let broken = false;
        for (const a of names)
            for (const b of names)
                if (a !== b) {
                    if (rule.kind === 'apart') broken ||= all.includes(a) && all.includes(b) && rule.left.includes(a) && rule.right.includes(b);
                    else
                        broken ||=
                            moved.includes(a) &&
                            left.includes(b) &&
                            [...rule.left, ...rule.right].includes(a) &&
                            [...rule.left, ...rule.right].includes(b);
                }
        assert.equal(forbidding([rule], all, left, moved), broken ? 'r' : null);
    }
});

test('a wall’s rule has a name of its own, not too long', () => {
    const now = state([['tcp'], ['ip']], [apart('wall_tcp_ip', ['tcp'], ['ip']), apart('wall_tcp_ip_2', ['tcp'], ['ip'])]);
    assert.deepEqual(wallRule(now, 'tcp', 'ip'), { name: 'wall_tcp_ip_3', line: 'rule wall_tcp_ip_3 apart tcp ip' });
    const long = wallRule(now, 'statistics_gatherer', 'async_invocation_a').name;
    assert.ok(long.length <= 31 && /^[A-Za-z0-9_-]+$/.test(long), long);
    assert.deepEqual(
        sealing(now, 'ip', 'tcp').map(rule => rule.name),
        ['wall_tcp_ip', 'wall_tcp_ip_2'],
    );
    assert.deepEqual(sealing(now, 'ip', 'lock'), []);
});

test('counts and shares', () => {
    const shown = [0, 7, 2.25, 950, 999, 1000, 1249, 99500, 999499, 999500, 5.6e6, 3e9].map(count);
    assert.deepEqual(shown, ['0', '7', '2.3', '950', '999', '1.0 k', '1.2 k', '100 k', '999 k', '1.0 M', '5.6 M', '3.0 G']);
    assert.deepEqual([exact(1234567), exact(12), exact(1000)], ['1 234 567', '12', '1 000']);
    assert.deepEqual(
        [percent(0), percent(12.4), percent(1.25), percent(0.031), percent(0.0042), percent(8.9, true), percent(-8.9, true)],
        ['0 %', '12 %', '1.3 %', '0.03 %', '0.004 %', '+8.9 %', '−8.9 %'],
    );
    assert.deepEqual([bytes(12), bytes(262144), bytes(3.5 * 1048576), uptime(61), uptime(7300)], ['12 B', '256 KiB', '3.5 MiB', '1:01', '2 h 1 min']);
});

test('heat grows by decades and never falls, width likewise', () => {
    assert.deepEqual([0, 0.2, 1, 9, 10, 999, 1e5, 1e9].map(heat), [0, 1, 1, 1, 2, 3, HEATS, HEATS]);
    for (let rate = 0.1, before = 0; rate < 1e7; rate *= 1.3) {
        assert.ok(width(rate) >= before && heat(rate * 1.3) >= heat(rate));
        before = width(rate);
    }
});

test('a chart’s axis ends above what is usual: one value far above does not flatten the others, several do count', () => {
    const usual = Array.from({ length: 100 }, (_, i) => 20 + (i % 5));
    assert.ok(Math.abs(top(usual, 5) - 24 * 1.12) < 1e-9);
    assert.ok(top([...usual, 600, null], 5) < 60);
    assert.ok(top([...usual, ...Array(20).fill(600)], 5) >= 600);
    assert.deepEqual([top([], 5), top([null], 5), top([0, 0], 5)], [5, 5, 5]);
    assert.ok(top([...Array(99).fill(0), 70], 5) >= 70);
});

test('names are broken near their middle, and nothing of them is lost', () => {
    assert.deepEqual(
        [lines('tcp'), lines('mpd_manager'), lines('async_invocation_a'), lines('averyveryverylongname')],
        [['tcp'], ['mpd_manager'], ['async_', 'invocation_a'], ['averyveryverylongname']],
    );
    for (const name of ['statistics_gatherer', 'cgi_fd_api_a', 'x_yyyyyyyyyyyyyyyyy']) assert.equal(lines(name).join(''), name);
});

test('what a decision did', () => {
    assert.equal(decided({ action: 'merge', stayed: ['tcp'], joined: ['ip', 'vnic'] }), 'ip, vnic into tcp');
    assert.equal(decided({ action: 'merge', stayed: ['a', 'b', 'c', 'd'], joined: ['e', 'f', 'g'] }), 'e, f, g into a, b and 2 others');
    assert.equal(decided({ action: 'split', stayed: ['tcp'], left: ['ip'] }), 'ip off tcp');
});

test('published costs are read from policy/costs.txt, and what is set is always among the choices', () => {
    const published = costs(fs.readFileSync(new URL('../../policy/costs.txt', import.meta.url), 'utf8'));
    assert.ok(published.length >= 9);
    assert.equal(published.find(({ name }) => name === 'Composite')?.cycles, 1680);
    assert.ok(published.every(({ name, source }) => !name.startsWith('#') && source.length > 10));
    const of = (cycles, by_hand) => choices(published, { cycles, measured: 1, by_hand });
    assert.deepEqual([of(1, false).chosen, of(1680, true).chosen, of(77, true).chosen], ['measured', '1680', '77']);
    assert.equal(of(77, true).list.length, published.length + 2);
    assert.equal(of(1680, true).list.length, published.length + 1);
});
