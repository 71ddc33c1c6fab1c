/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The dashboard's state (components/mpd_manager/dashboard/src/model/state.js): what each message makes of it, and its invariants under messages
 * that come late, twice, or from another run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { component, edgeRate, KEPT, nothing, reduced, roomOf, sameLayout, SAMPLES } from '../../components/mpd_manager/dashboard/src/model/state.js';

const graph = (domains, invocations = 0) => ({
    policy: { mode: 'manual' },
    components: domains.flatMap((members, i) =>
        members.map((name, j) => ({ name, id: 10 * i + j, domain: i + 1, memory: { used: 0, budget: 4096 }, faults: 0, state: 'runs', reboots: 0 })),
    ),
    domains: domains.map((components, i) => ({ domain: i + 1, components })),
    edges: [
        { client: 'a', server: 'b', invocations, gated: invocations, crossing: true },
        { client: 'b', server: 'c', invocations: 5, gated: 5, crossing: true },
    ],
});
const tick = (uptime, edges = [], more = {}) => ({
    uptime_ms: uptime,
    window_ms: 500,
    requests: { total: 0, window: 10 },
    domains: 3,
    invocations: 0,
    crossings: 25,
    crossings_per_request: 2.5,
    share_ppm: 12000,
    busy_ppm: 0,
    mode: 'manual',
    budget_percent: 10,
    merges: 0,
    splits: 0,
    viewers: 1,
    edges,
    ...more,
});
const after = (...messages) => messages.reduce(reduced, nothing);
const decision = (number, actual = null) => ({
    number,
    action: 'merge',
    reason: 'trade',
    stayed: ['a'],
    joined: ['b'],
    invocations: 1,
    expected_percent: 1,
    actual_percent: actual,
});

test('a graph gives components, rooms and edges', () => {
    const state = after({ type: 'graph', graph: graph([['a', 'b'], ['c']], 7) });
    assert.deepEqual(roomOf(state, 'b')?.members, ['a', 'b']);
    assert.equal(component(state, 'c')?.domain, 2);
    assert.deepEqual([state.edges[0].total, state.edges[0].window, state.mode], [7, 0, 'manual']);
    assert.equal(roomOf(state, 'nobody'), undefined);
});

test('ticks fill the window by index, and add up to the next graph', () => {
    let state = after({ type: 'graph', graph: graph([['a'], ['b'], ['c']], 100) }, { type: 'tick', tick: tick(1000, [[1, 40, 30]]) });
    assert.deepEqual(
        state.edges.map(edge => [edge.window, edge.total, edge.totalGated]),
        [
            [0, 100, 100],
            [40, 45, 35],
        ],
    );
    assert.equal(edgeRate(state, state.edges[1]), 80);
    state = reduced(state, { type: 'tick', tick: tick(1500, [[0, 3, 3]]) });
    assert.deepEqual(
        state.edges.map(edge => [edge.window, edge.total]),
        [
            [3, 103],
            [0, 45],
        ],
    );
    state = reduced(state, { type: 'graph', graph: graph([['a'], ['b'], ['c']], 103) });
    assert.deepEqual([state.edges[0].total, state.edges[0].window], [103, 3]);
});

test('a tick about an edge that is not known is no harm', () => {
    const state = after({ type: 'graph', graph: graph([['a'], ['b'], ['c']]) }, { type: 'tick', tick: tick(1000, [[77, 1, 1]]) });
    assert.equal(state.edges.length, 2);
});

test('samples: throughput a second, share in percent, no crossings a request without requests', () => {
    const [first, second] = after(
        { type: 'tick', tick: tick(1000) },
        { type: 'tick', tick: tick(2000, [], { requests: { total: 0, window: 0 } }) },
    ).samples;
    assert.deepEqual(first, { uptime: 1, throughput: 20, domains: 3, perRequest: 2.5, share: 1.2 });
    assert.equal(second.perRequest, null);
});

test('history comes before what the ticks told already, and nothing is there twice', () => {
    const columns = ['uptime_ms', 'window_ms', 'requests', 'domains', 'crossings', 'share_ppm', 'busy_ppm'];
    const state = after(
        { type: 'tick', tick: tick(3000) },
        { type: 'tick', tick: tick(4000) },
        {
            type: 'history',
            history: {
                columns,
                windows: [
                    [1000, 1000, 4, 25, 8, 100, 0],
                    [2000, 1000, 4, 25, 8, 100, 0],
                    [3000, 1000, 4, 25, 8, 100, 0],
                ],
            },
        },
    );
    assert.deepEqual(
        state.samples.map(sample => sample.uptime),
        [1, 2, 3, 4],
    );
    assert.equal(state.samples[0].perRequest, 2);
});

test('history is read by the names of its columns', () => {
    const state = after({
        type: 'history',
        history: { columns: ['domains', 'uptime_ms', 'share_ppm', 'window_ms', 'crossings', 'requests'], windows: [[9, 5000, 20000, 2000, 30, 10]] },
    });
    assert.deepEqual(state.samples, [{ uptime: 5, throughput: 5, domains: 9, perRequest: 3, share: 2 }]);
});

test('another boot begins the samples anew', () => {
    const state = after({ type: 'tick', tick: tick(90000) }, { type: 'tick', tick: tick(1000) });
    assert.deepEqual(
        state.samples.map(sample => sample.uptime),
        [1],
    );
});

test('samples are limited, and the newest stay', () => {
    let state = nothing;
    for (let i = 1; i <= SAMPLES + 20; i++) state = reduced(state, { type: 'tick', tick: tick(i * 1000) });
    assert.equal(state.samples.length, SAMPLES);
    assert.equal(state.samples[SAMPLES - 1].uptime, SAMPLES + 20);
});

test('decisions: newest first, once each, the later word counts', () => {
    const state = after(
        { type: 'decisions', decisions: [decision(1), decision(3)] },
        { type: 'decisions', decisions: [decision(2)] },
        { type: 'decisions', decisions: [decision(3, 0.7)] },
    );
    assert.deepEqual(
        state.decisions.map(entry => [entry.number, entry.actual_percent]),
        [
            [3, 0.7],
            [2, null],
            [1, null],
        ],
    );
});

test('decisions are limited', () => {
    const state = after({ type: 'decisions', decisions: Array.from({ length: KEPT + 30 }, (_, i) => decision(i + 1)) });
    assert.deepEqual([state.decisions.length, state.decisions[0].number], [KEPT, KEPT + 30]);
});

test('what another run of the manager numbered is forgotten', () => {
    const report = number => ({ number, uptime_ms: 1, component: 'a', text: '' });
    const state = after(
        { type: 'decisions', decisions: [decision(8)], epoch: 'one' },
        { type: 'reports', reports: [report(4)], epoch: 'one' },
        { type: 'decisions', decisions: [decision(1)], epoch: 'two' },
    );
    assert.deepEqual([state.decisions.map(entry => entry.number), state.reports, state.epoch], [[1], [], 'two']);
});

test('the same layout, whatever the domains are numbered and in which order they come', () => {
    const one = after({ type: 'graph', graph: graph([['a', 'b'], ['c']]) }),
        two = after({ type: 'graph', graph: graph([['c'], ['b', 'a']]) });
    assert.ok(sameLayout(one, two));
    assert.ok(!sameLayout(one, after({ type: 'graph', graph: graph([['a'], ['b', 'c']]) })));
});

test('a state is never changed', () => {
    const frozen = value => {
        if (value && typeof value === 'object' && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(frozen);
        return value;
    };
    let state = frozen(after({ type: 'graph', graph: graph([['a', 'b'], ['c']]) }));
    for (const message of [
        { type: 'tick', tick: tick(1000, [[0, 1, 1]]) },
        { type: 'decisions', decisions: [decision(1)] },
        { type: 'connection', connection: 'lost' },
        { type: 'rules', rules: [] },
        { type: 'policy', policy: { mode: 'merged' } },
        { type: 'graph', graph: graph([['a'], ['b'], ['c']]) },
    ])
        state = frozen(reduced(state, message));
    assert.equal(state.connection, 'lost');
    assert.equal(reduced(state, { type: 'connection', connection: 'lost' }), state);
    const refused = reduced(state, { type: 'connection', connection: 'refused', reason: 'There are 16.' });
    assert.deepEqual([refused.connection, refused.reason], ['refused', 'There are 16.']);
    assert.equal(reduced(refused, { type: 'connection', connection: 'refused', reason: 'There are 16.' }), refused);
    assert.equal(reduced(refused, { type: 'connection', connection: 'live' }).reason, '');
});
