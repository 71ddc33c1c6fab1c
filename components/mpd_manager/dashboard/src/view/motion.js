/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers that go over from what they are to what they shall be, all together, in a short while; at once for those who want no motion.
 */
const LASTS = 650;
const still = matchMedia('(prefers-reduced-motion: reduce)');

/** @param {(key: string, values: number[]) => void} set called for each that has changed @param {() => void} after once a frame, when all are set */
export function motion(set, after) {
    /** @type {Map<string, {from: number[], now: number[], to: number[]}>} */
    const all = new Map();
    let began = 0,
        frame = 0;
    const step = (/** @type {number} */ time) => {
        const part = Math.min(1, (time - began) / LASTS),
            eased = 1 - (1 - part) ** 3;
        for (const [key, { from, now, to }] of all) {
            if (from.every((number, i) => number === to[i])) continue;
            now.forEach((_, i) => {
                now[i] = part === 1 ? to[i] : from[i] + (to[i] - from[i]) * eased;
            });
            set(key, now);
        }
        after();
        frame = part < 1 ? requestAnimationFrame(step) : 0;
        if (!frame) for (const entry of all.values()) entry.from = [...entry.to];
    };
    return {
        /** Whatever is not named is forgotten. @param {Map<string, number[]>} goals @param {(key: string) => number[] | undefined} start where a new one comes from */
        go(goals, start) {
            let changed = false;
            for (const key of [...all.keys()]) if (!goals.has(key)) all.delete(key);
            for (const [key, to] of goals) {
                const before = all.get(key)?.now ?? start(key) ?? to;
                changed ||= !all.has(key) || before.some((number, i) => Math.abs(number - to[i]) > 0.05);
                all.set(key, { from: [...before], now: [...before], to });
                set(key, before);
            }
            if (!changed && !frame) return;
            cancelAnimationFrame(frame);
            began = performance.now();
            if (still.matches || document.hidden) step(began + LASTS);
            else frame = requestAnimationFrame(step);
        },
        /** Puts one somewhere, from where it goes on. @param {string} key @param {number[]} values */
        put(key, values) {
            const entry = all.get(key);
            if (entry) {
                entry.now = [...values];
                entry.from = [...values];
                set(key, values);
            }
        },
        /** @param {string} key */
        now: key => all.get(key)?.now,
    };
}
