/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A home for each component, once, when the page opens: dagre draws who invokes whom from top to bottom. Whoever a third of all invoke
 * (scheduler, lock, ...) stands at the bottom, as the ground that the others are on.
 *
 * 1. A home stays while its component is there; who comes later gets a free place near who invokes it, who made it, or whom it invokes.
 * 2. Homes depend on components and edges alone, not on counts: each viewer sees the same picture.
 */
import { Graph, layout } from '@dagrejs/dagre';

/** @typedef {import('../types').Point} Point */
/** @typedef {import('./arrange').Sizes} Sizes */
/** @typedef {{name: string, parent?: string}} Named */
/** @typedef {{client: string, server: string}} Pair */

/** @param {Named[]} components @param {Pair[]} edges @param {Sizes} sizes @param {number} columns at most, side by side
 *  @returns {Map<string, Point>} */
export function homesOf(components, edges, sizes, columns) {
    const first = components.filter(component => !component.parent).map(component => component.name);
    const ground = grounds(first, edges);
    const rows = layers(
        first.filter(name => !ground.includes(name)),
        edges,
        sizes,
    );
    const even = wrapped(
        ground.map(name => ({ name, x: 0 })),
        columns,
    ).map(row => ({ row, even: true }));
    const homes = placed(
        [...rows.flatMap(row => wrapped(row, columns)).map(row => ({ row, even: row.length === columns })), ...even],
        sizes,
        columns,
    );
    return settled(homes, components, edges, sizes);
}

/** The same homes, with one for each component that has none, and none for who is gone.
 *  @param {Map<string, Point>} homes @param {Named[]} components @param {Pair[]} edges @param {Sizes} sizes */
export function settled(homes, components, edges, sizes) {
    const here = new Map();
    for (const { name } of components) if (homes.has(name)) here.set(name, homes.get(name));
    for (const { name, parent } of components) if (!here.has(name)) here.set(name, nearby(near(name, parent, here, edges), here, sizes));
    return here;
}

/** @param {string} name @param {string | undefined} parent @param {Map<string, Point>} here @param {Pair[]} edges @returns {Point} */
function near(name, parent, here, edges) {
    const friends = [...edges.filter(e => e.server === name).map(e => e.client), parent, ...edges.filter(e => e.client === name).map(e => e.server)];
    const friend = friends.find(found => found !== undefined && here.has(found));
    return (friend && here.get(friend)) || { x: 0, y: 0 };
}

/** @param {Point} wish @param {Map<string, Point>} here @param {Sizes} sizes @returns {Point} */
function nearby(wish, here, sizes) {
    const [across, down] = steps(sizes);
    const free = (/** @type {Point} */ p) => [...here.values()].every(q => Math.abs(p.x - q.x) >= across - 1 || Math.abs(p.y - q.y) >= down - 1);
    const ways = [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
        [1, 1],
        [-1, 1],
        [1, -1],
        [-1, -1],
    ];
    for (let ring = 1; ; ring++)
        for (const [x, y] of ways) {
            const point = { x: wish.x + x * ring * across, y: wish.y + y * ring * down };
            if (free(point)) return point;
        }
}

/** @param {string[]} all @param {Pair[]} edges */
function grounds(all, edges) {
    const invoked = new Map();
    for (const { server } of edges) invoked.set(server, (invoked.get(server) ?? 0) + 1);
    return all.filter(name => all.length > 6 && (invoked.get(name) ?? 0) >= all.length / 3);
}

/** Rows from top to bottom, each from left to right. @param {string[]} all @param {Pair[]} edges @param {Sizes} sizes */
function layers(all, edges, sizes) {
    const graph = new Graph();
    graph.setGraph({ rankdir: 'TB', nodesep: 14, ranksep: 40, acyclicer: 'greedy' });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const name of all) graph.setNode(name, { width: sizes.width, height: sizes.height });
    for (const { client, server } of edges) if (graph.hasNode(client) && graph.hasNode(server)) graph.setEdge(client, server, {});
    layout(graph);
    /** @type {Map<number, {name: string, x: number}[]>} */
    const rows = new Map();
    for (const name of all) {
        const { x, y } = /** @type {Point} */ (graph.node(name));
        rows.set(Math.round(y), [...(rows.get(Math.round(y)) ?? []), { name, x }]);
    }
    return [...rows.entries()].sort((a, b) => a[0] - b[0]).map(([, row]) => row.sort((a, b) => a.x - b.x));
}

/** A row that is too long goes on in the next. @template T @param {T[]} row @param {number} columns */
function wrapped(row, columns) {
    const parts = Math.ceil(row.length / columns);
    const length = Math.ceil(row.length / parts);
    return Array.from({ length: parts }, (_, i) => row.slice(i * length, (i + 1) * length));
}

/** Rows at equal distances. An even one is spread over the whole width; in the others the places that dagre gave are kept as far as there is room.
 *  @param {{row: {name: string, x: number}[], even: boolean}[]} rows @param {Sizes} sizes @param {number} columns */
function placed(rows, sizes, columns) {
    const [across, down] = steps(sizes);
    const width = across * Math.min(columns, Math.max(...rows.map(({ row }) => row.length), 1) + 1);
    const xs = rows.filter(({ even }) => !even).flatMap(({ row }) => row.map(entry => entry.x));
    const from = Math.min(...xs),
        scale = (width - across) / Math.max(1, Math.max(...xs) - from);
    const homes = new Map();
    rows.forEach(({ row, even }, y) => {
        const wishes = row.map((entry, i) => (even ? ((i + 0.5) * width) / row.length - across / 2 : (entry.x - from) * scale));
        for (let i = 1; i < wishes.length; i++) wishes[i] = Math.max(wishes[i], wishes[i - 1] + across);
        for (let i = wishes.length - 1, most = width - across; i >= 0; i--, most -= across) wishes[i] = Math.min(wishes[i], most);
        row.forEach((entry, i) => homes.set(entry.name, { x: wishes[i], y: y * down }));
    });
    return homes;
}

/** How far apart homes are, so that rooms of one do not touch. @param {Sizes} sizes */
const steps = sizes => [sizes.width + 2 * sizes.pad + sizes.between, sizes.height + 2 * sizes.pad + sizes.row];
