/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers and names as people read them, and how hot an edge is. Pure.
 */

export const HEATS = 6;

/** Three digits at most: 7, 950, 1.2 k, 34 k, 5.6 M. @param {number} number */
export function count(number) {
    if (number < 1000) return number < 10 && number % 1 ? number.toFixed(1) : String(Math.round(number));
    const [unit, divisor] = number < 999500 ? ['k', 1e3] : number < 999.5e6 ? ['M', 1e6] : ['G', 1e9];
    const shown = number / divisor;
    return `${shown < 9.95 ? shown.toFixed(1) : Math.round(shown)} ${unit}`;
}

/** All digits, in groups. @param {number} number */
export const exact = number => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ' ');

/** @param {number} number */
export function bytes(number) {
    return number < 1024 ? `${number} B` : number < 1048576 ? `${Math.round(number / 1024)} KiB` : `${(number / 1048576).toFixed(1)} MiB`;
}

/** A share in percent, with as many digits as say something. @param {number} number @param {boolean} [sign] */
export function percent(number, sign = false) {
    const size = Math.abs(number);
    const digits = size === 0 || size >= 9.95 ? 0 : size >= 0.095 ? 1 : size >= 0.0095 ? 2 : 3;
    return `${sign && number > 0 ? '+' : number < 0 ? '−' : ''}${size.toFixed(digits)} %`;
}

/** Time since boot. @param {number} seconds */
export function uptime(seconds) {
    const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
    return minutes < 60 ? `${minutes}:${String(rest).padStart(2, '0')}` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How hot an edge is, by the decade of its invocations a second: 0 for none, HEATS at most. @param {number} rate */
export const heat = rate => (rate <= 0 ? 0 : Math.min(HEATS, Math.max(1, 1 + Math.floor(Math.log10(rate)))));

/** The width of its line. @param {number} rate */
export const width = rate => (rate <= 0 ? 1 : Math.min(8, 1.2 + 1.25 * Math.log10(1 + rate)));

/** A component's name in one or two lines, broken at the `_` nearest to its middle. @param {string} name */
export function lines(name) {
    const breaks = [...name.matchAll(/_/g)].map(found => found.index);
    if (name.length <= 12 || !breaks.length) return [name];
    const middle = (name.length - 1) / 2;
    const at = breaks.reduce((best, place) => (Math.abs(place - middle) < Math.abs(best - middle) ? place : best));
    return [name.slice(0, at + 1), name.slice(at + 1)];
}

/** @param {number} number @param {string} one @param {string} [many] */
export const plural = (number, one, many = `${one}s`) => `${exact(number)} ${number === 1 ? one : many}`;

/** What a decision did. @param {import('../types').Decision} decision */
export function decided(decision) {
    const list = (/** @type {string[] | undefined} */ side = []) =>
        side.length > 3 ? `${side.slice(0, 2).join(', ')} and ${side.length - 2} others` : side.join(', ');
    return decision.action === 'merge'
        ? `${list(decision.joined)} into ${list(decision.stayed)}`
        : `${list(decision.left)} off ${list(decision.stayed)}`;
}

/** The upper end of a chart's axis. Seldom values that are far above all others run out of it, so that the others can be seen.
 *  @param {(number | null)[]} values @param {number} least */
export function top(values, least) {
    const sorted = values.filter(value => value !== null).sort((a, b) => a - b);
    const highest = sorted[sorted.length - 1] ?? 0,
        usual = sorted[Math.floor((sorted.length - 1) * 0.95)] ?? 0;
    return Math.max(least, (highest > 4 * usual && usual > 0 ? 2 * usual : highest) * 1.12);
}
