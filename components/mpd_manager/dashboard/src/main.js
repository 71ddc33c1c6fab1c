/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The dashboard put together: what arrives goes into the state, the state is shown, what a person does becomes a request.
 *
 * 1. The page shows what the system says, never what was asked of it: after a change the graph is fetched at once, and the stream goes on.
 * 2. It is drawn at most once a frame, whatever arrives.
 */
import { wallRule } from './model/drop.js';
import { plural, uptime } from './model/format.js';
import { component, nothing, reduced, sameLayout } from './model/state.js';
import * as api from './net/api.js';
import { follow } from './net/events.js';
import { keep, takeFromAddress, token } from './net/token.js';
import { charts } from './view/charts.js';
import { byId, offer, say } from './view/dom.js';
import { Picture } from './view/graph.js';
import { hands } from './view/hands.js';
import { announce, notice, noticeReady } from './view/notice.js';
import { decisionSentence, faultSentence, showDecisions, showFaults, showRules, showTables, summary } from './view/panels.js';
import { policy } from './view/policy.js';
import { selectionPanel } from './view/selection.js';
import { theme } from './view/theme.js';

/** @typedef {import('./types').Message} Message */
/** @typedef {import('./types').Selection} Selection */

let state = nothing;
/** @type {Selection} */
let selection = null;
let pending = 0;
const CONNECTION = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost; trying again', refused: 'This page tries again by itself.' };
const narrow = matchMedia('(max-width: 760px)');

takeFromAddress();
const picture = new Picture(/** @type {any} */ (document.getElementById('graph')));
const hand = hands(picture, { act: (meant, at) => act(meant, at), select: choose });
const lines = charts();
const controls = policy(settings => request('PUT', '/v1/policy', settings));
const panel = selectionPanel({ act: meant => act(meant, null), wall: addWall, select: chosen => choose(chosen, false) });
picture.onarranged = () => hand.refit();
theme(() => lines.colours());
noticeReady();

/* ---- what arrives ---- */

/** @param {Message} message */
function take(message) {
    const before = state;
    state = reduced(state, message);
    if (state === before) return;
    if (message.type === 'graph' && before.components.length) tell(before);
    pending ||= requestAnimationFrame(show);
}

/** What has changed by itself, for those who listen. @param {typeof state} before */
function tell(before) {
    for (const { name } of state.components) if (!component(before, name)) announce(`${name} is there now.`);
    for (const { name } of before.components)
        if (!component(state, name)) {
            announce(`${name} is gone.`);
            if (selection?.kind === 'component' && selection.name === name) selection = null;
        }
    if (!sameLayout(before, state)) announce(`Walls have moved: ${summary(state)}.`);
}

follow('/v1/events', {
    open() {
        take({ type: 'connection', connection: 'live' });
        refresh();
    },
    lost: () => take({ type: 'connection', connection: 'lost' }),
    refused: reason => take({ type: 'connection', connection: 'refused', reason }),
    message(type, data, epoch) {
        if (type === 'graph') takeGraph(data);
        else if (type === 'tick') takeTick(data);
        else if (type === 'decision') {
            if (!state.decisions.some(known => known.number === data.number)) announce(decisionSentence(data));
            take({ type: 'decisions', decisions: [data], epoch });
        } else {
            announce(faultSentence(data));
            take({ type: 'reports', reports: [data], epoch });
            picture.strike(data.component);
            news('events');
        }
    },
});

/** A graph whose layout and components are the same tells of rules or settings. @param {import('./types').Graph} graph */
function takeGraph(graph) {
    const before = state;
    take({ type: 'graph', graph });
    const came = before.components.length !== state.components.length; // perhaps a policy
    if (came || sameLayout(before, state) || before.mode !== state.mode) refreshPolicy();
}

/** @param {import('./types').Tick} tick */
function takeTick(tick) {
    const again = state.tick !== null && tick.uptime_ms < state.tick.uptime_ms;
    const other = state.policy !== null && (tick.mode !== state.policy.mode || tick.budget_percent !== state.policy.budget_percent);
    take({ type: 'tick', tick });
    if (again) refresh();
    else if (other) refreshPolicy();
    else if (missing.size) fetched([...missing]);
}

/** What the stream does not say again, by path. What could not be fetched is asked for once more with each tick.
 *  @type {Record<string, (value: any) => Message>} */
const FETCHED = {
    '/v1/history': history => ({ type: 'history', history }),
    '/v1/decisions': ({ decisions }) => ({ type: 'decisions', decisions }),
    '/v1/faults': ({ reports }) => ({ type: 'reports', reports: reports ?? [] }),
    '/v1/policy': policy => ({ type: 'policy', policy }),
    '/v1/rules': ({ rules }) => ({ type: 'rules', rules }),
};
/** @type {Set<string>} */
const missing = new Set();

/** @param {string[]} paths */
async function fetched(paths) {
    await Promise.all(
        paths.map(async path => {
            missing.delete(path);
            const answer = await api.get(path);
            if (answer.ok) take(FETCHED[path](answer.value));
            else missing.add(path);
        }),
    );
}

const refresh = () => fetched(Object.keys(FETCHED));
const refreshPolicy = () => fetched(['/v1/policy', '/v1/rules']);

/* ---- what a person does ---- */

/** @param {string} method @param {string} path @param {object} [body] @param {import('./types').Point | null} [at] */
async function request(method, path, body, at = null) {
    if (!token()) {
        notice('refused', 'Read-only. Enter the token, which the console shows, to change anything.', { at });
        byId('token').focus();
        return;
    }
    const answer = await api.change(method, path, body);
    if (answer.ok) notice('done', answer.value?.done ?? 'Done.', { status: answer.status, at });
    else
        notice(
            'refused',
            answer.status === 401
                ? 'This token is not the system’s: each boot makes another one. Enter the one that the console shows.'
                : answer.sentence,
            { status: answer.status, at },
        );
    if (answer.status === 401) {
        keep(null);
        access();
    }
    const graph = await api.get('/v1/graph');
    if (graph.ok) take({ type: 'graph', graph: graph.value });
    await refreshPolicy();
    if (pending) {
        cancelAnimationFrame(pending);
        show();
    }
}

/** @param {import('./types').Intent} meant @param {import('./types').Point | null} at */
async function act(meant, at) {
    if (meant.verb && meant.body) await request('POST', `/v1/${meant.verb}`, meant.body, at);
    else notice('refused', meant.sentence, { at });
}

/** @param {string} a @param {string} b */
function addWall(a, b) {
    if (a === b) notice('refused', 'A component cannot be kept apart from itself.');
    else request('POST', '/v1/rules', { rule: wallRule(state, a, b).line });
}

/** @param {Selection} chosen @param {boolean} focus */
function choose(chosen, focus) {
    const before = selection;
    selection = chosen;
    show();
    if (narrow.matches && !chosen) hand.refit();
    const element = narrow.matches && chosen?.kind === 'component' && picture.element(chosen.name);
    if (element) hand.reveal(element, byId('selection').getBoundingClientRect().top);
    if (focus && chosen) byId('selection').focus();
    else if (!chosen && before?.kind === 'component' && byId('selection').contains(document.activeElement)) picture.element(before.name)?.focus();
}

/** @param {string} name */
function chooseByName(name) {
    view('graph');
    choose({ kind: 'component', name }, true);
}

function access() {
    document.body.dataset.access = token() ? 'write' : 'read';
    pending ||= requestAnimationFrame(show);
}

/** @param {string} name */
function view(name) {
    document.body.dataset.view = name;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (byId('views').querySelectorAll('button'))) {
        button.setAttribute('aria-pressed', String(button.dataset.view === name));
        if (button.dataset.view === name) button.classList.remove('news');
    }
    if (name === 'tables') openTables();
    show();
    hand.refit();
}

function openTables() {
    for (const id of ['components-details', 'edges-details'])
        /** @type {HTMLDetailsElement} */ (byId(id)).open = true;
}

/** @param {string} name */
function news(name) {
    if (document.body.dataset.view !== name) byId('views').querySelector(`[data-view="${name}"]`)?.classList.add('news');
}

/* ---- what is shown ---- */

function show() {
    pending = 0;
    const mayWrite = token() !== null;
    const connection = byId('connection');
    connection.dataset.state = state.connection;
    document.body.dataset.connection = state.connection;
    say(/** @type {HTMLElement} */ (connection.querySelector('.text')), [state.reason, CONNECTION[state.connection]].filter(Boolean).join(' '));
    if (!hand.busy()) picture.show(state, selection, narrow.matches);
    hand.ready();
    lines.show(state.samples);
    controls.show(state, mayWrite);
    panel.show(state, selection, mayWrite);
    showRules(state, name => request('DELETE', `/v1/rules/${encodeURIComponent(name)}`));
    showDecisions(state);
    showFaults(state, chooseByName);
    showTables(state, chooseByName);
    const options = state.components.map(({ name }) => ({ value: name, text: name }));
    offer(/** @type {any} */ (byId('wall-a')), options);
    offer(/** @type {any} */ (byId('wall-b')), [...options.slice(1), ...options.slice(0, 1)]);
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('.needs-token'))) button.disabled = !mayWrite;
    if (state.tick) say(byId('uptime'), `Up ${uptime(state.tick.uptime_ms / 1000)}, ${summary(state)}, ${plural(state.tick.viewers, 'viewer')}.`);
}

byId('access').addEventListener('submit', event => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (byId('token'));
    keep(field.value);
    field.value = '';
    access();
});
byId('token-forget').addEventListener('click', () => {
    keep(null);
    access();
});
byId('wall-form').addEventListener('submit', event => {
    event.preventDefault();
    addWall(/** @type {HTMLSelectElement} */ (byId('wall-a')).value, /** @type {HTMLSelectElement} */ (byId('wall-b')).value);
});
byId('views').addEventListener('click', event => {
    const name = /** @type {HTMLElement} */ (event.target).dataset.view;
    if (name) view(name);
});
byId('all-edges').addEventListener('change', event => picture.layers.edges.classed('all', /** @type {HTMLInputElement} */ (event.target).checked));
byId('fit').addEventListener('click', () => hand.fit());
for (const id of ['components-details', 'edges-details']) byId(id).addEventListener('toggle', () => show());
document.querySelector('.skip')?.addEventListener('click', () => view('tables'));
narrow.addEventListener('change', () => show());
addEventListener('hashchange', () => {
    takeFromAddress();
    access();
});
new ResizeObserver(() => hand.refit()).observe(picture.svg);
access();
