/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where rooms and components are, for a layout of walls. Each component has a home (homes.js). Who has a room of its own is at home; who
 * share a room move together, in the same order, until they stand close; then rooms that overlap push each other apart. Pure.
 *
 * 1. The same homes and walls give the same places, whatever was before: what a merge moved, the split brings back.
 * 2. No two components overlap, no two rooms do, and each component is inside its room.
 * 3. Members of a room whose homes are not too far from each other keep their order, left to right and top to bottom.
 */

/** @typedef {import('../types').Point} Point */
/** @typedef {import('../types').Box} Box */
/** @typedef {{width: number, height: number, gap: number, pad: number, head: number, between: number, row: number, across: number,
 *  roomy: number, long: number}} Sizes  a component's size; between members of a room; from them to its wall, and above them; between rooms;
 *  between the rows of homes; how much dearer it is to push rooms aside than up and down; with more room than this for each member they move
 *  closer one by one; how much more room one may have that is not long and narrow: in a row of many, boxes hide the edges behind them */

/** @param {Map<string, Point>} homes @param {import('../types').Room[]} rooms @param {Sizes} sizes @returns {import('../types').Arrangement} */
export function arranged(homes, rooms, sizes) {
    const blocks = rooms.map(room => block(room, homes, sizes));
    separate(blocks, sizes);
    const places = new Map(),
        boxes = new Map();
    for (const { domain, x, y, width, height, offsets } of blocks) {
        boxes.set(domain, { x, y, width, height });
        for (const [name, offset] of offsets) places.set(name, { x: x + offset.x, y: y + offset.y });
    }
    return { places, rooms: boxes };
}

/** A room by itself: its box, and its members from the box's middle.
 *  @param {import('../types').Room} room @param {Map<string, Point>} homes @param {Sizes} sizes */
function block(room, homes, sizes) {
    const at = room.members.map(name => ({ name, ...(homes.get(name) ?? { x: 0, y: 0 }) }));
    const middle = { x: mean(at.map(p => p.x)), y: mean(at.map(p => p.y)) };
    const shrunk = scaled(at, middle, sizes);
    const placed = shrunk && roominess(shrunk, sizes) <= sizes.roomy ? shrunk : gathered(at, middle, sizes);
    const head = placed.length > 1 ? sizes.head : 0;
    const left = Math.min(...placed.map(p => p.x)),
        right = Math.max(...placed.map(p => p.x));
    const top = Math.min(...placed.map(p => p.y)),
        bottom = Math.max(...placed.map(p => p.y));
    const x = (left + right) / 2,
        y = (top + bottom - head) / 2;
    return {
        domain: room.domain,
        x,
        y,
        mass: placed.length,
        width: right - left + sizes.width + 2 * sizes.pad,
        height: bottom - top + sizes.height + 2 * sizes.pad + head,
        offsets: placed.map(p => /** @type {[string, Point]} */ ([p.name, { x: p.x - x, y: p.y - y }])),
    };
}

/** The members' own picture, made as small as they fit: across and down by a factor each. Null if even their homes are too near.
 *  @param {(Point & {name: string})[]} members @param {Point} middle @param {Sizes} sizes */
function scaled(members, middle, sizes) {
    const steps = 25;
    let best = null,
        least = Infinity;
    for (let i = 0; i <= steps; i++)
        for (let j = 0; j <= steps; j++) {
            const placed = members.map(({ name, x, y }) => ({
                name,
                x: middle.x + ((x - middle.x) * i) / steps,
                y: middle.y + ((y - middle.y) * j) / steps,
            }));
            const room = roominess(placed, sizes) + sizes.long * elongation(placed, sizes) + (i + j) / 1e6;
            if (room < least && placed.every((p, a) => placed.slice(0, a).every(q => clear(p, q, sizes)))) [best, least] = [placed, room];
        }
    return best;
}

/** How many times the space that its members need is in a room. @param {Point[]} placed @param {Sizes} sizes */
function roominess(placed, sizes) {
    const columns = span(placed.map(p => p.x)) / (sizes.width + sizes.gap) + 1,
        rows = span(placed.map(p => p.y)) / (sizes.height + sizes.gap) + 1;
    return (columns * rows) / placed.length;
}

/** How many times longer one side of a room is than the other. @param {Point[]} placed @param {Sizes} sizes */
function elongation(placed, sizes) {
    const ratio = (span(placed.map(p => p.x)) + sizes.width) / (span(placed.map(p => p.y)) + sizes.height);
    return Math.max(ratio, 1 / ratio);
}

/** @param {number[]} list */
const span = list => Math.max(...list) - Math.min(...list);

/** @param {Point} p @param {Point} q @param {Sizes} sizes */
const clear = (p, q, sizes) => Math.abs(p.x - q.x) >= sizes.width + sizes.gap - 0.01 || Math.abs(p.y - q.y) >= sizes.height + sizes.gap - 0.01;

/** For members that are far from each other: each, the innermost first, on the way from its home to the middle, as far as those before it let it.
 *  @param {(Point & {name: string})[]} members @param {Point} middle @param {Sizes} sizes */
function gathered(members, middle, sizes) {
    const far = (/** @type {Point} */ p) => Math.hypot((p.x - middle.x) / sizes.width, (p.y - middle.y) / sizes.height);
    /** @type {(Point & {name: string})[]} */
    const placed = [];
    const free = (/** @type {Point} */ p) => placed.every(q => clear(p, q, sizes));
    for (const member of [...members].sort((a, b) => far(a) - far(b) || (a.name < b.name ? -1 : 1)))
        placed.push({ name: member.name, ...(closest(member, middle, free) ?? outward(member, middle, free, sizes)) });
    return placed;
}

/** Down first, then across: rooms come out as rows and columns rather than as stars.
 *  @param {Point} home @param {Point} middle @param {(p: Point) => boolean} free */
function closest(home, middle, free) {
    const steps = 40;
    for (let i = 0; i <= steps; i++)
        for (let j = 0; j <= i; j++)
            for (const [s, t] of [
                [j, i],
                [i, j],
            ]) {
                const point = { x: middle.x + ((home.x - middle.x) * s) / steps, y: middle.y + ((home.y - middle.y) * t) / steps };
                if (free(point)) return point;
            }
    return null;
}

/** For members whose homes are the same or too near: further out, the same way or round about.
 *  @param {Point} home @param {Point} middle @param {(p: Point) => boolean} free @param {Sizes} sizes */
function outward(home, middle, free, sizes) {
    const angle = Math.atan2(home.y - middle.y, home.x - middle.x);
    for (let ring = 1; ; ring++)
        for (let turn = 0; turn < 8; turn++) {
            const way = angle + (turn * Math.PI) / 4;
            const point = { x: home.x + Math.cos(way) * ring * sizes.width, y: home.y + Math.sin(way) * ring * sizes.height };
            if (free(point)) return point;
        }
}

/** Pushes overlapping boxes apart, the lighter one further, along the shorter way out; they tend to where they wanted to be until late.
 *  @param {(Box & {mass: number})[]} boxes @param {Sizes} sizes */
function separate(boxes, sizes) {
    const wanted = boxes.map(({ x, y }) => ({ x, y }));
    for (let round = 0; round < 2000; round++) {
        let clean = true;
        for (let i = 0; i < boxes.length; i++) for (let j = i + 1; j < boxes.length; j++) clean = !pushed(boxes[i], boxes[j], sizes) && clean;
        if (clean) return;
        if (round < 200)
            boxes.forEach((box, i) => {
                box.x += (wanted[i].x - box.x) * 0.04;
                box.y += (wanted[i].y - box.y) * 0.04;
            });
    }
    stack(boxes, sizes.between);
}

/** @param {Box & {mass: number}} a @param {Box & {mass: number}} b @param {Sizes} sizes */
function pushed(a, b, { between, across }) {
    const dx = b.x - a.x,
        dy = b.y - a.y;
    const overX = (a.width + b.width) / 2 + between - Math.abs(dx),
        overY = (a.height + b.height) / 2 + between - Math.abs(dy);
    if (overX <= 0.5 || overY <= 0.5) return false;
    const share = b.mass / (a.mass + b.mass);
    if (overX * across < overY) shift('x', (dx < 0 ? -1 : 1) * overX);
    else shift('y', (dy < 0 ? -1 : 1) * overY);
    return true;

    /** @param {'x' | 'y'} axis @param {number} by */
    function shift(axis, by) {
        a[axis] -= by * share;
        b[axis] += by * (1 - share);
    }
}

/** The last resort, which always ends: from the top down, each box below whatever it overlaps.
 *  @param {Box[]} boxes @param {number} between */
function stack(boxes, between) {
    const order = [...boxes].sort((a, b) => a.y - a.height / 2 - (b.y - b.height / 2) || a.x - b.x);
    order.forEach((box, i) => {
        for (let again = true; again;) {
            again = false;
            for (const other of order.slice(0, i))
                if (
                    Math.abs(other.x - box.x) < (other.width + box.width) / 2 + between &&
                    Math.abs(other.y - box.y) < (other.height + box.height) / 2 + between - 0.5
                ) {
                    box.y = other.y + (other.height + box.height) / 2 + between;
                    again = true;
                }
        }
    });
}

/** The box around everything. @param {import('../types').Arrangement} arrangement @returns {Box} */
export function extent(arrangement) {
    const boxes = [...arrangement.rooms.values()];
    if (!boxes.length) return { x: 0, y: 0, width: 1, height: 1 };
    const left = Math.min(...boxes.map(b => b.x - b.width / 2)),
        right = Math.max(...boxes.map(b => b.x + b.width / 2));
    const top = Math.min(...boxes.map(b => b.y - b.height / 2)),
        bottom = Math.max(...boxes.map(b => b.y + b.height / 2));
    return { x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top };
}

/** @param {number[]} list */
const mean = list => list.reduce((sum, number) => sum + number, 0) / list.length;
