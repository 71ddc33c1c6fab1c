/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What it means to drop something somewhere: which request to make, in which words. The panel's lists and buttons ask
 * here too, so that keyboard and mouse do the same.
 *
 * 1. It never says that a rule allows something: the control interface decides, and its refusal is shown. A rule named here
 *    only warns beforehand.
 * 2. One component dropped moves alone; a room dropped by its handle moves whole.
 */
import { roomOf } from './state.js';

/** @typedef {import('../types').State} State */
/** @typedef {import('../types').Thing} Thing */
/** @typedef {import('../types').Intent} Intent */

/** @param {State} state @param {Thing} held @param {Thing} target @returns {Intent} */
export function intent(state, held, target) {
    const from = room(state, held);
    const into = room(state, target);
    if (!from) return nothing('It is gone.');
    if (target.kind === 'ground') return splitOf(state, held, from);
    if (!into) return nothing('There is nobody in that room any more.');
    if (from === into)
        return nothing(
            held.kind === 'component' && target.kind === 'component' && held.name !== target.name
                ? 'They share this room already.'
                : 'It stays where it is.',
        );
    const whole = held.kind === 'room' || from.members.length === 1;
    const who = held.kind === 'component' ? held.name : from.members[0];
    const host = target.kind === 'component' ? target.name : into.members[0];
    const moved = whole ? from.members : [who];
    return {
        verb: whole ? 'merge' : 'move',
        body: whole ? { into: host, from: who } : { component: who, into: host },
        sentence: `${whole ? 'merge' : 'move'} ${names(moved)} into ${host}’s room`,
        rule: forbidding(state.rules, [...into.members, ...moved], whole ? [] : from.members.filter(name => name !== who), moved),
    };
}

/** @param {State} state @param {Thing} held @param {import('../types').Room} from @returns {Intent} */
function splitOf(state, held, from) {
    if (from.members.length === 1) return nothing(`${from.members[0]} has a room of its own already.`);
    if (held.kind !== 'component') return nothing('A whole room is moved only into another; pull one component out to split it.');
    return {
        verb: 'split',
        body: { component: held.name },
        sentence: `split ${held.name} off, into a room of its own`,
        rule: forbidding(
            state.rules,
            [held.name],
            from.members.filter(name => name !== held.name),
            [held.name],
        ),
    };
}

/** The name of a rule that a layout with `together` in one room, and `left` without the `moved` ones, would break.
 *  @param {import('../types').Rule[]} rules @param {string[]} together @param {string[]} left @param {string[]} moved */
export function forbidding(rules, together, left, moved) {
    const apart = rules.find(
        rule => rule.kind === 'apart' && rule.left.some(a => together.includes(a) && rule.right.some(b => b !== a && together.includes(b))),
    );
    const bound = rules.find(rule => {
        const all = [...rule.left, ...rule.right];
        return rule.kind === 'together' && all.some(name => moved.includes(name)) && all.some(name => left.includes(name));
    });
    return (apart ?? bound)?.name ?? null;
}

/** Rules that keep the two apart, whoever else is concerned. @param {State} state @param {string} a @param {string} b */
export const sealing = (state, a, b) =>
    state.rules.filter(
        rule => rule.kind === 'apart' && ((rule.left.includes(a) && rule.right.includes(b)) || (rule.left.includes(b) && rule.right.includes(a))),
    );

/** A line for a new rule that keeps two components apart, with a name that no rule has. @param {State} state @param {string} a @param {string} b */
export function wallRule(state, a, b) {
    const base = `wall_${a}_${b}`.slice(0, 28);
    const taken = new Set(state.rules.map(rule => rule.name));
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base}_${number}`;
    return { name, line: `rule ${name} apart ${a} ${b}` };
}

/** @param {State} state @param {Thing} thing */
function room(state, thing) {
    return thing.kind === 'component'
        ? roomOf(state, thing.name)
        : thing.kind === 'room'
          ? state.rooms.find(found => found.domain === thing.domain)
          : undefined;
}

/** @param {string} sentence @returns {Intent} */
const nothing = sentence => ({ verb: null, body: null, sentence, rule: null });

/** @param {string[]} list */
export const names = list => (list.length < 3 ? list.join(' and ') : `${list[0]} and ${list.length - 1} others`);
