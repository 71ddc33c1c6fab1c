/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The lists beside the picture: rules, decisions, faults; and the tables, which say all that the picture says.
 */
import { bytes, decided, exact, count, percent, plural, uptime } from '../model/format.js';
import { edgeRate, roomOf } from '../model/state.js';
import { byId, element, listed } from './dom.js';

/** @typedef {import('../types').State} State */

/** @param {State} state @param {(name: string) => void} remove */
export function showRules(state, remove) {
    const list = byId('rules');
    listed(
        list,
        state.rules,
        rule => rule.rule,
        rule =>
            element(
                'li',
                { 'data-rule': rule.name },
                element(
                    'span',
                    {},
                    rule.kind === 'apart' ? sides(rule, 'stays apart from') : `${[...rule.left, ...rule.right].join(', ')} stay together`,
                    element('small', {}, rule.rule),
                ),
                element(
                    'button',
                    { type: 'button', class: 'remove needs-token', 'aria-label': `Remove rule ${rule.name}`, onclick: () => remove(rule.name) },
                    'Remove',
                ),
            ),
    );
    if (!state.rules.length) list.replaceChildren(element('li', { class: 'empty' }, 'None yet: every wall may fall.'));
}

/** @param {import('../types').Rule} rule @param {string} words */
function sides(rule, words) {
    const side = (/** @type {string[]} */ list) => (list.length > 3 ? `${list.length} others` : list.join(', '));
    return `${side(rule.left)} ${words} ${side(rule.right)}`;
}

/** @param {State} state */
export function showDecisions(state) {
    const list = byId('decisions');
    listed(
        list,
        state.decisions,
        decision => `${state.epoch} ${decision.number} ${decision.actual_percent}`,
        decision =>
            element(
                'li',
                { 'data-number': decision.number, 'data-action': decision.action },
                element('span', { class: 'verb' }, decision.action),
                element('span', { class: 'who' }, decided(decision)),
                element('span', { class: 'number' }, `#${decision.number}`),
                element(
                    'div',
                    { class: 'foot' },
                    element('span', { class: 'why' }, decision.rule ? `rule ${decision.rule}` : decision.reason),
                    element(
                        'span',
                        { class: 'gain' },
                        'expected ',
                        element('b', { class: 'expected' }, percent(decision.expected_percent, true)),
                        ', came ',
                        element('b', { class: 'actual' }, decision.actual_percent === null ? '…' : percent(decision.actual_percent, true)),
                    ),
                ),
            ),
    );
    if (!state.decisions.length)
        list.replaceChildren(element('li', { class: 'empty' }, 'Nothing yet. In mode adaptive the policy moves walls by what it counts.'));
}

/** @param {State} state @param {(name: string) => void} select */
export function showFaults(state, select) {
    const list = byId('faults');
    listed(
        list,
        state.reports,
        report => `${state.epoch} ${report.number}`,
        report =>
            element(
                'li',
                { 'data-number': report.number, 'data-component': report.component },
                element(
                    'div',
                    { class: 'head' },
                    element('button', { type: 'button', onclick: () => select(report.component) }, report.component),
                    element('span', { class: 'quiet' }, `at ${uptime(report.uptime_ms / 1000)}`),
                ),
                ...explained(report),
                element('details', {}, element('summary', {}, 'As on the console'), element('pre', {}, report.text)),
            ),
    );
    if (!state.reports.length)
        list.replaceChildren(element('li', { class: 'empty' }, 'None. A component that fails is rebooted alone; what it tried is said here.'));
}

/** What happened, in sentences; what is not known is left out. @param {import('../types').Report} report */
export function explained(report) {
    const where = [report.function, report.place ? `(${report.place})` : null].filter(Boolean).join(' ');
    const sentences = [[where && `In ${where}:`, report.tried], [report.allowed], [report.caller && `Invoked by ${report.caller};`, report.outcome]];
    return sentences
        .map(words => words.filter(Boolean).join(' '))
        .filter(text => text !== '')
        .map(text => element('p', {}, `${text}.`));
}

/** @param {State} state @param {(name: string) => void} select */
export function showTables(state, select) {
    if (byId('components-table').offsetParent)
        listed(
            /** @type {HTMLElement} */ (byId('components-table').querySelector('tbody')),
            state.components,
            c => JSON.stringify([c, roomOf(state, c.name)?.members]),
            c =>
                element(
                    'tr',
                    { 'data-component': c.name },
                    element('th', { scope: 'row' }, element('button', { type: 'button', onclick: () => select(c.name) }, c.name)),
                    cell(String(c.domain)),
                    element(
                        'td',
                        {},
                        roomOf(state, c.name)
                            ?.members.filter(name => name !== c.name)
                            .join(', ') || 'nobody',
                    ),
                    cell(`${bytes(c.memory.used)} of ${bytes(c.memory.budget)}`),
                    cell(String(c.faults)),
                    cell(String(c.reboots)),
                    element('td', {}, c.state),
                ),
        );
    if (byId('edges-table').offsetParent)
        listed(
            /** @type {HTMLElement} */ (byId('edges-table').querySelector('tbody')),
            state.edges,
            edge => JSON.stringify(edge),
            edge =>
                element(
                    'tr',
                    { 'data-client': edge.client, 'data-server': edge.server },
                    element('td', {}, edge.client),
                    element('td', {}, edge.server),
                    element('td', {}, edge.crossing ? 'gate' : 'merged'),
                    cell(count(edgeRate(state, edge))),
                    cell(exact(edge.total)),
                    cell(exact(edge.totalGated)),
                ),
        );
}

/** @param {string} text */
const cell = text => element('td', { class: 'number' }, text);

/** A sentence for each fault that is new, for those who listen. @param {import('../types').Report} report */
export const faultSentence = report =>
    `${report.component} failed: ${[report.tried, report.function && `in ${report.function}`].filter(Boolean).join(' ')}.`;

/** @param {import('../types').Decision} decision */
export const decisionSentence = decision =>
    `The policy decided to ${decision.action} ${decided(decision)}, ${decision.rule ? `by rule ${decision.rule}` : decision.reason}.`;

/** @param {State} state */
export const summary = state => `${plural(state.components.length, 'component')} in ${plural(state.rooms.length, 'room')}`;
