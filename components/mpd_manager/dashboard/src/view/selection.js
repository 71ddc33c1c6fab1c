/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is selected, in words and with buttons: all that dragging does can be done here by keyboard.
 *
 * 1. The panel is made anew only when another thing is selected; what changes meanwhile is filled in, so that no focus is lost.
 */
import { intent, sealing } from '../model/drop.js';
import { bytes, count, exact, plural } from '../model/format.js';
import { component, edgeRate, roomOf } from '../model/state.js';
import { byId, element, listed, offer, say } from './dom.js';
import { explained } from './panels.js';

/** @typedef {import('../types').State} State */
/** @typedef {import('../types').Selection} Selection */
/** @typedef {{act: (intent: import('../types').Intent) => void, wall: (a: string, b: string) => void, select: (selection: Selection) => void}} Actions */

/** @param {Actions} actions */
export function selectionPanel(actions) {
    const panel = byId('selection');
    let shown = '';
    return {
        /** @param {State} state @param {Selection} selection @param {boolean} mayWrite */
        show(state, selection, mayWrite) {
            const key = JSON.stringify(selection);
            panel.hidden = selection === null;
            if (selection && key !== shown) panel.replaceChildren(...made(selection, actions, () => now));
            now = state;
            shown = key;
            panel.dataset.component = selection?.kind === 'component' ? selection.name : '';
            panel.dataset.kind = selection?.kind ?? '';
            if (selection?.kind === 'component') fillComponent(panel, state, selection.name, actions);
            else if (selection?.kind === 'room') fillRoom(panel, state, selection.member);
            else if (selection) fillEdge(panel, state, selection.client, selection.server);
            for (const control of /** @type {NodeListOf<HTMLButtonElement>} */ (panel.querySelectorAll('.act button, .act select')))
                enable(control, mayWrite && control.dataset.off !== 'yes', panel);
        },
    };
}

/** @type {State} */
let now;

/** @param {NonNullable<Selection>} selection @param {Actions} actions @param {() => State} state */
function made(selection, actions, state) {
    const title =
        selection.kind === 'component' ? selection.name : selection.kind === 'room' ? 'A shared room' : `${selection.client} → ${selection.server}`;
    const head = element(
        'h2',
        {},
        element('span', {}, title),
        element('button', { type: 'button', 'aria-label': 'Close', onclick: () => actions.select(null) }, '×'),
    );
    const facts = element('dl');
    const refusal = element('p', { class: 'forbidden', hidden: true });
    if (selection.kind === 'edge')
        return [
            head,
            facts,
            element(
                'div',
                { class: 'act' },
                element('span', {}),
                element(
                    'button',
                    { type: 'button', id: 'wall-do', onclick: () => actions.wall(selection.client, selection.server) },
                    'This wall never falls',
                ),
            ),
        ];
    const held = () =>
        /** @type {import('../types').Thing} */ (
            selection.kind === 'component' ? selection : { kind: 'room', domain: roomOf(state(), selection.member)?.domain ?? -1 }
        );
    const into = /** @type {HTMLSelectElement} */ (element('select', { id: 'merge-into', 'aria-label': 'Whose room to go into' }));
    const planned = () => intent(state(), held(), { kind: 'component', name: into.value });
    into.addEventListener('change', () => warn(refusal, planned().rule));
    const merge = element(
        'div',
        { class: 'act' },
        into,
        element('button', { type: 'button', id: 'merge-do', onclick: () => actions.act(planned()) }, 'Merge'),
    );
    if (selection.kind === 'room') return [head, facts, merge, refusal];
    const other = /** @type {HTMLSelectElement} */ (element('select', { id: 'wall-with', 'aria-label': 'Whom to keep apart from' }));
    return [
        head,
        facts,
        merge,
        refusal,
        element(
            'div',
            { class: 'act' },
            element('span', { class: 'quiet', id: 'split-help' }),
            element(
                'button',
                { type: 'button', id: 'split-do', onclick: () => actions.act(intent(state(), held(), { kind: 'ground' })) },
                'Split off',
            ),
        ),
        element(
            'div',
            { class: 'act' },
            other,
            element('button', { type: 'button', id: 'wall-do', onclick: () => actions.wall(selection.name, other.value) }, 'Keep apart'),
        ),
        element('div', { class: 'fault' }),
        element('h3', {}, 'Invokes'),
        element('ul', { class: 'edges out' }),
        element('h3', {}, 'Is invoked by'),
        element('ul', { class: 'edges in' }),
    ];
}

/** @param {HTMLElement} panel @param {State} state @param {string} name @param {Actions} actions */
function fillComponent(panel, state, name, actions) {
    const found = component(state, name),
        room = roomOf(state, name);
    if (!found || !room) return;
    const mates = room.members.filter(mate => mate !== name);
    facts(panel, [
        ['domain', `${found.domain}, ${mates.length ? `with ${mates.join(', ')}` : 'alone'}`],
        ['memory', `${bytes(found.memory.used)} of ${bytes(found.memory.budget)}`],
        ['state', found.state === 'runs' || !found.reason ? found.state : `${found.state}: ${found.reason}`],
        ['faults', `${found.faults}, ${plural(found.reboots, 'reboot')}`],
        ...(found.parent ? [['made by', found.parent]] : []),
    ]);
    const others = state.components.filter(other => !room.members.includes(other.name));
    offer(
        select(panel, '#merge-into'),
        others.map(other => ({ value: other.name, text: `into ${other.name}’s room` })),
    );
    offer(
        select(panel, '#wall-with'),
        state.components.filter(other => other.name !== name).map(other => ({ value: other.name, text: `from ${other.name}, for good` })),
    );
    const split = intent(state, { kind: 'component', name }, { kind: 'ground' });
    say(/** @type {HTMLElement} */ (panel.querySelector('#split-help')), mates.length ? 'into a room of its own' : 'has a room of its own');
    off(panel, '#split-do', split.verb === null);
    /** @type {HTMLElement} */ (select(panel, '#merge-into').parentElement).hidden = others.length === 0;
    warn(
        /** @type {HTMLElement} */ (panel.querySelector('.forbidden')),
        intent(state, { kind: 'component', name }, { kind: 'component', name: select(panel, '#merge-into').value }).rule,
    );
    const report = state.reports.find(entry => entry.component === name);
    listed(
        /** @type {HTMLElement} */ (panel.querySelector('.fault')),
        report ? [report] : [],
        entry => String(entry.number),
        entry => element('div', {}, element('h3', { class: 'bad' }, 'Last fault'), ...explained(entry)),
    );
    edgeList(
        panel,
        '.out',
        state,
        state.edges.filter(edge => edge.client === name),
        edge => edge.server,
        actions,
    );
    edgeList(
        panel,
        '.in',
        state,
        state.edges.filter(edge => edge.server === name),
        edge => edge.client,
        actions,
    );
}

/** @param {HTMLElement} panel @param {State} state @param {string} member */
function fillRoom(panel, state, member) {
    const room = roomOf(state, member);
    if (!room) return;
    facts(panel, [
        ['domain', String(room.domain)],
        ['members', room.members.join(', ')],
    ]);
    const others = state.components.filter(other => !room.members.includes(other.name));
    offer(
        select(panel, '#merge-into'),
        others.map(other => ({ value: other.name, text: `all into ${other.name}’s room` })),
    );
    /** @type {HTMLElement} */ (select(panel, '#merge-into').parentElement).hidden = others.length === 0;
    warn(
        /** @type {HTMLElement} */ (panel.querySelector('.forbidden')),
        intent(state, { kind: 'room', domain: room.domain }, { kind: 'component', name: select(panel, '#merge-into').value }).rule,
    );
}

/** @param {HTMLElement} panel @param {State} state @param {string} client @param {string} server */
function fillEdge(panel, state, client, server) {
    const edge = state.edges.find(found => found.client === client && found.server === server);
    if (!edge) return;
    const rules = sealing(state, client, server);
    facts(panel, [
        ['wall', edge.crossing ? 'invocations go through a gate' : 'merged: invocations are plain calls'],
        ['now', `${count(edgeRate(state, edge))} a second`],
        ['invocations', exact(edge.total)],
        ['through a gate', exact(edge.totalGated)],
        ...(rules.length ? [['kept by', rules.map(rule => `rule ${rule.name}`).join(', ')]] : []),
    ]);
    off(panel, '#wall-do', server === 'supervisor' || rules.length > 0);
}

/** @param {HTMLElement} panel @param {string[][]} pairs */
function facts(panel, pairs) {
    listed(
        /** @type {HTMLElement} */ (panel.querySelector('dl')),
        pairs.flatMap(([term, text]) => [
            ['dt', term],
            ['dd', text],
        ]),
        ([tag, text]) => `${tag} ${text}`,
        ([tag, text]) => element(tag, {}, text),
    );
}

/** @param {HTMLElement} panel @param {string} where @param {State} state @param {import('../types').Edge[]} edges
 *  @param {(edge: import('../types').Edge) => string} other @param {Actions} actions */
function edgeList(panel, where, state, edges, other, actions) {
    const list = /** @type {HTMLElement} */ (panel.querySelector(`.edges${where}`));
    const sorted = [...edges].sort((a, b) => b.total - a.total);
    listed(
        list,
        sorted,
        edge => `${edge.client}>${edge.server}`,
        edge =>
            element(
                'li',
                {},
                element(
                    'button',
                    { type: 'button', onclick: () => actions.select({ kind: 'edge', client: edge.client, server: edge.server }) },
                    element('span', { class: 'to' }, other(edge)),
                    element('span', { class: 'kind' }),
                    element('span', { class: 'rate' }),
                ),
            ),
    );
    sorted.forEach((edge, i) => {
        say(/** @type {HTMLElement} */ (list.children[i].querySelector('.kind')), edge.crossing ? 'gate' : 'merged');
        say(/** @type {HTMLElement} */ (list.children[i].querySelector('.rate')), `${count(edgeRate(state, edge))}/s of ${count(edge.total)}`);
    });
}

/** @param {HTMLElement} place @param {string | null} rule */
function warn(place, rule) {
    place.hidden = rule === null;
    say(place, rule === null ? '' : `Rule ${rule} forbids this.`);
}

/** @param {HTMLElement} panel @param {string} which @param {boolean} yes */
const off = (panel, which, yes) => {
    /** @type {HTMLElement} */ (panel.querySelector(which)).dataset.off = yes ? 'yes' : 'no';
};

/** Who loses what had the focus is left in the panel. @param {HTMLButtonElement} control @param {boolean} yes @param {HTMLElement} panel */
function enable(control, yes, panel) {
    if (!yes && document.activeElement === control) panel.focus();
    control.disabled = !yes;
}

/** @param {HTMLElement} panel @param {string} which */
const select = (panel, which) => /** @type {HTMLSelectElement} */ (panel.querySelector(which));
