/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the dashboard knows: one state, and what each message makes of it. Pure: no time, no network, no page.
 *
 * 1. A state is never changed: `reduced` gives another one, or the same if the message changes nothing.
 * 2. Decisions and reports are there once each, the newest first, at most KEPT of them; a later message about the same
 *    number replaces the earlier one. Those of another run of the manager (epoch) are forgotten.
 * 3. Samples are in the order of uptime, at most SAMPLES of them; when the uptime goes back, the system is another one.
 * 4. An edge's totals are the last graph's and those of the ticks after it.
 */

/** @typedef {import('../types').State} State */
/** @typedef {import('../types').Message} Message */

export const KEPT = 100;
export const SAMPLES = 300;

/** @type {State} */
export const nothing = {
    connection: 'connecting',
    reason: '',
    components: [],
    rooms: [],
    edges: [],
    mode: '',
    tick: null,
    samples: [],
    decisions: [],
    reports: [],
    rules: [],
    policy: null,
    epoch: '',
};

/** @param {State} state @param {Message} message @returns {State} */
export function reduced(state, message) {
    switch (message.type) {
        case 'connection':
            return withConnection(state, message.connection, message.reason ?? '');
        case 'graph':
            return withGraph(state, message.graph);
        case 'tick':
            return withTick(state, message.tick);
        case 'history':
            return withHistory(state, message.history);
        case 'decisions':
            return withNumbered(state, 'decisions', message.decisions, message.epoch);
        case 'reports':
            return withNumbered(state, 'reports', message.reports, message.epoch);
        case 'rules':
            return { ...state, rules: message.rules };
        case 'policy':
            return { ...state, policy: message.policy, mode: message.policy.mode };
    }
}

/** @param {State} state @param {import('../types').Connection} connection @param {string} reason @returns {State} */
function withConnection(state, connection, reason) {
    return state.connection === connection && state.reason === reason ? state : { ...state, connection, reason };
}

/** @param {State} state @param {import('../types').Graph} graph @returns {State} */
function withGraph(state, graph) {
    const before = new Map(state.edges.map(edge => [edgeKey(edge), edge]));
    const edges = graph.edges.map(edge => ({
        client: edge.client,
        server: edge.server,
        total: edge.invocations,
        totalGated: edge.gated,
        crossing: edge.crossing,
        window: before.get(edgeKey(edge))?.window ?? 0,
        windowGated: before.get(edgeKey(edge))?.windowGated ?? 0,
    }));
    const rooms = graph.domains.map(({ domain, components }) => ({ domain, members: components }));
    return { ...state, components: graph.components, rooms, edges, mode: graph.policy.mode };
}

/** @param {State} state @param {import('../types').Tick} tick @returns {State} */
function withTick(state, tick) {
    const counts = new Map(tick.edges.map(([index, window, gated]) => [index, { window, gated }]));
    const edges = state.edges.map((edge, index) => {
        const { window, gated } = counts.get(index) ?? { window: 0, gated: 0 };
        return { ...edge, window, windowGated: gated, total: edge.total + window, totalGated: edge.totalGated + gated };
    });
    const went = state.tick !== null && tick.uptime_ms < state.tick.uptime_ms;
    const sample = sampled(tick.uptime_ms, tick.window_ms, tick.requests.window, tick.domains, tick.crossings, tick.share_ppm);
    return { ...state, edges, tick, mode: tick.mode, samples: joined(went ? [] : state.samples, [sample]) };
}

/** @param {State} state @param {import('../types').History} history @returns {State} */
function withHistory(state, history) {
    const at = (/** @type {number[]} */ row, /** @type {string} */ column) => row[history.columns.indexOf(column)];
    const older = history.windows.map(row =>
        sampled(at(row, 'uptime_ms'), at(row, 'window_ms'), at(row, 'requests'), at(row, 'domains'), at(row, 'crossings'), at(row, 'share_ppm')),
    );
    const newest = older.length ? older[older.length - 1].uptime : 0;
    return {
        ...state,
        samples: joined(
            older,
            state.samples.filter(sample => sample.uptime > newest),
        ),
    };
}

/** @param {number} uptime @param {number} length @param {number} requests @param {number} domains @param {number} crossings @param {number} share */
function sampled(uptime, length, requests, domains, crossings, share) {
    return {
        uptime: uptime / 1000,
        throughput: length > 0 ? (requests * 1000) / length : 0,
        domains,
        perRequest: requests > 0 ? crossings / requests : null,
        share: share / 10000,
    };
}

/** @param {import('../types').Sample[]} older @param {import('../types').Sample[]} newer */
function joined(older, newer) {
    const last = older.length ? older[older.length - 1].uptime : -1;
    return [...older, ...newer.filter(sample => sample.uptime > last)].slice(-SAMPLES);
}

/** @template {'decisions' | 'reports'} Key
 *  @param {State} state @param {Key} key @param {{number: number}[]} list @param {string} [epoch] @returns {State} */
function withNumbered(state, key, list, epoch) {
    const base = epoch && state.epoch && epoch !== state.epoch ? { ...state, decisions: [], reports: [] } : state;
    const byNumber = new Map([.../** @type {{number: number}[]} */ (base[key]), ...list].map(entry => [entry.number, entry]));
    const kept = [...byNumber.values()].sort((a, b) => b.number - a.number).slice(0, KEPT);
    return { ...base, [key]: kept, epoch: epoch ?? base.epoch };
}

/* ---- questions to a state ---- */

/** @param {{client: string, server: string}} edge */
export const edgeKey = edge => `${edge.client}>${edge.server}`;

/** The room of a component. @param {State} state @param {string} name */
export const roomOf = (state, name) => state.rooms.find(room => room.members.includes(name));

/** @param {State} state @param {string} name */
export const component = (state, name) => state.components.find(found => found.name === name);

/** Whether the same components are behind the same walls. @param {State} a @param {State} b */
export function sameLayout(a, b) {
    const written = (/** @type {State} */ state) =>
        state.rooms
            .map(room => [...room.members].sort().join(' '))
            .sort()
            .join('|');
    return written(a) === written(b);
}

/** Invocations a second of an edge in the last window. @param {State} state @param {import('../types').Edge} edge */
export const edgeRate = (state, edge) => (state.tick && state.tick.window_ms > 0 ? (edge.window * 1000) / state.tick.window_ms : 0);
