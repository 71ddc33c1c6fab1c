/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a crossing costs on processors and kernels that were published (policy/costs.txt), and the choice between them. Pure.
 */

/** @param {string} text lines of NAME CYCLES SOURCE; a line that begins with # is a comment @returns {{name: string, cycles: number, source: string}[]} */
export function costs(text) {
    return text.split('\n').flatMap(line => {
        const found = /^(\S+)\s+(\d+)\s+(.*)$/.exec(line.trim());
        return found && !found[1].startsWith('#') ? [{ name: found[1], cycles: Number(found[2]), source: found[3] }] : [];
    });
}

/** What can be chosen, given what is set: values are the control interface's.
 *  @param {ReturnType<typeof costs>} published @param {import('../types').Policy['crossing_cost']} now */
export function choices(published, now) {
    const list = [
        { value: 'measured', text: `this processor’s, ${now.measured} ${now.measured === 1 ? 'cycle' : 'cycles'}` },
        ...published.map(({ name, cycles }) => ({ value: String(cycles), text: `${name}’s, ${cycles} cycles` })),
    ];
    const chosen = now.by_hand ? String(now.cycles) : 'measured';
    return {
        list: list.some(({ value }) => value === chosen) ? list : [...list, { value: chosen, text: `${now.cycles} cycles, set by hand` }],
        chosen,
    };
}
