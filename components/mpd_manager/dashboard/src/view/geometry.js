/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The lines of edges: a slight curve from one box's border to the other's, so that both directions between two components are seen. Pure.
 */

/** @typedef {import('../types').Point} Point */
/** @typedef {{width: number, height: number}} Size */

const TIP = 5.5,
    BEND = 0.11;

/** @param {Point} from @param {Point} to centres @param {Size} size of both @param {number} width of the line
 *  @returns {{line: string, bar: string, tip: string}} paths: the line, a bar across its middle, its tip */
export function edgePaths(from, to, size, width) {
    const dx = to.x - from.x,
        dy = to.y - from.y;
    const middle = { x: (from.x + to.x) / 2 - dy * BEND, y: (from.y + to.y) / 2 + dx * BEND };
    const start = border(from, middle, size),
        touch = border(to, middle, size);
    const way = unit(middle, touch);
    const length = TIP + width * 0.75,
        half = 2.3 + width * 0.6;
    const end = { x: touch.x - way.x * length, y: touch.y - way.y * length };
    const tip = [touch, { x: end.x - way.y * half, y: end.y + way.x * half }, { x: end.x + way.y * half, y: end.y - way.x * half }];
    const centre = { x: (start.x + 2 * middle.x + end.x) / 4, y: (start.y + 2 * middle.y + end.y) / 4 };
    const along = unit(start, end),
        reach = 4.5 + width * 0.7;
    return {
        line: `M${at(start)}Q${at(middle)} ${at({ x: end.x + way.x, y: end.y + way.y })}`,
        bar: `M${at({ x: centre.x - along.y * reach, y: centre.y + along.x * reach })}L${at({ x: centre.x + along.y * reach, y: centre.y - along.x * reach })}`,
        tip: `M${tip.map(at).join('L')}Z`,
    };
}

/** Where the way from the middle of a box to a point leaves the box. @param {Point} centre @param {Point} towards @param {Size} size @returns {Point} */
function border(centre, towards, size) {
    const dx = towards.x - centre.x,
        dy = towards.y - centre.y;
    const scale = Math.min(dx ? size.width / 2 / Math.abs(dx) : Infinity, dy ? size.height / 2 / Math.abs(dy) : Infinity, 1);
    return { x: centre.x + dx * scale, y: centre.y + dy * scale };
}

/** @param {Point} a @param {Point} b @returns {Point} */
function unit(a, b) {
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    return { x: (b.x - a.x) / length, y: (b.y - a.y) / length };
}

/** @param {Point} p */
const at = p => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`;

/** Of some places, the nearest one in a direction from here: for the arrow keys. @param {Map<string, Point>} places @param {string} here
 *  @param {'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'} key @returns {string | null} */
export function neighbour(places, here, key) {
    const from = places.get(here);
    if (!from) return null;
    let best = null,
        least = Infinity;
    for (const [name, p] of places) {
        const dx = p.x - from.x,
            dy = p.y - from.y;
        const [ahead, aside] = key === 'ArrowLeft' ? [-dx, dy] : key === 'ArrowRight' ? [dx, dy] : key === 'ArrowUp' ? [-dy, dx] : [dy, dx];
        const cost = ahead + 2.2 * Math.abs(aside);
        if (ahead > 1 && cost < least) [best, least] = [name, cost];
    }
    return best;
}
