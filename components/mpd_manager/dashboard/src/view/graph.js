/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The picture: rooms, edges, components, drawn as SVG and moved when walls move. What a person does with it is hands.js.
 *
 * 1. Nothing moves unless walls, components or the picture's width class have changed: a tick changes widths and colours only.
 * 2. A room keeps its element as long as most of its members do, whatever number its domain has.
 */
import { select } from 'd3-selection';
import { arranged, extent } from '../model/arrange.js';
import { sealing } from '../model/drop.js';
import { count, heat, lines, plural, width } from '../model/format.js';
import { homesOf, settled } from '../model/homes.js';
import { edgeKey, edgeRate, roomOf } from '../model/state.js';
import { edgePaths } from './geometry.js';
import { motion } from './motion.js';

/** @typedef {import('../types').State} State */
/** @typedef {import('../types').Selection} Selection */

const WIDE = { width: 96, height: 32, gap: 24, pad: 6, head: 14, between: 12, row: 20, across: 1, roomy: 3, long: 0.7 };
const NARROW = { width: 80, height: 34, gap: 12, pad: 4, head: 14, between: 6, row: 30, across: 3, roomy: 1.8, long: 0 };
const COLUMNS = { wide: 8, narrow: 4 };

export class Picture {
    /** @param {SVGSVGElement} svg */
    constructor(svg) {
        this.svg = svg;
        /** @type {State | null} */
        this.state = null;
        /** @type {Selection} */
        this.selection = null;
        /** @type {Map<string, import('../types').Point>} */
        this.homes = new Map();
        this.narrow = false;
        this.laid = '';
        /** @type {import('../types').Arrangement} */
        this.arrangement = { places: new Map(), rooms: new Map() };
        /** rooms by the key of their element @type {Map<string, import('../types').Room>} */
        this.rooms = new Map();
        this.serial = 0;
        /** the component that the tabulator key goes to @type {string | null | undefined} */
        this.tabbed = null;
        /** called when the arrangement has become another one @type {() => void} */
        this.onarranged = () => {};
        const root = select(svg);
        const pattern = root
            .append('defs')
            .append('pattern')
            .attr('id', 'lattice')
            .attr('width', 26)
            .attr('height', 17)
            .attr('patternUnits', 'userSpaceOnUse');
        pattern.append('path').attr('d', 'M0 .5H26M.5 0V17');
        this.world = root.append('g').attr('class', 'world');
        this.layers = Object.fromEntries(
            ['rooms', 'edges', 'components', 'badges', 'hints'].map(name => [name, this.world.append('g').attr('class', name)]),
        );
        this.motion = motion(
            (key, values) => this.place(key, values),
            () => this.route(),
        );
    }

    get sizes() {
        return this.narrow ? NARROW : WIDE;
    }

    /** @param {State} state @param {Selection} selection @param {boolean} narrow */
    show(state, selection, narrow) {
        this.state = state;
        this.selection = selection;
        const changed = this.arrange(narrow);
        this.drawRooms();
        this.drawComponents();
        this.drawBadges();
        this.drawEdges();
        if (changed) {
            this.settle();
            this.onarranged();
        }
    }

    /** Finds the places anew; true if walls, components or the width class have changed. @param {boolean} narrow */
    arrange(narrow) {
        const { components, rooms, edges } = /** @type {State} */ (this.state);
        const laid = JSON.stringify([narrow, rooms.map(room => room.members), components.map(c => c.name)]);
        if (laid === this.laid || !components.length) return false;
        this.laid = laid;
        if (narrow !== this.narrow || !this.homes.size)
            this.homes = homesOf(components, edges, narrow ? NARROW : WIDE, narrow ? COLUMNS.narrow : COLUMNS.wide);
        this.narrow = narrow;
        this.homes = settled(this.homes, components, edges, this.sizes);
        this.arrangement = arranged(this.homes, rooms, this.sizes);
        this.rooms = this.matched(new Map(this.rooms));
        return true;
    }

    /** Everything goes to its place. */
    settle() {
        const goals = new Map();
        for (const [name, p] of this.arrangement.places) goals.set(`c ${name}`, [p.x, p.y]);
        for (const [key, room] of this.rooms) {
            const box = this.arrangement.rooms.get(room.domain);
            if (box) goals.set(`r ${key}`, [box.x, box.y, box.width, box.height]);
        }
        this.motion.go(goals, key => this.origin(key));
    }

    /** Rooms by element: each takes that of the old room with which it has most members in common, if no other has.
     *  @param {Map<string, import('../types').Room>} before */
    matched(before) {
        const free = new Map(before);
        const pairs = /** @type {State} */ (this.state).rooms.flatMap(room =>
            [...before].map(([key, old]) => ({ room, key, common: old.members.filter(name => room.members.includes(name)).length })),
        );
        /** @type {Map<import('../types').Room, string>} */
        const keys = new Map();
        for (const { room, key, common } of pairs.sort((a, b) => b.common - a.common))
            if (common > 0 && free.has(key) && !keys.has(room)) {
                keys.set(room, key);
                free.delete(key);
            }
        return new Map(/** @type {State} */ (this.state).rooms.map(room => [keys.get(room) ?? `room${++this.serial}`, room]));
    }

    /** Where something new comes from: a room out of the place where its first member is. @param {string} key */
    origin(key) {
        if (!key.startsWith('r ')) return undefined;
        const member = this.rooms.get(key.slice(2))?.members[0];
        const at = member === undefined ? undefined : this.motion.now(`c ${member}`);
        return at ? [at[0], at[1], this.sizes.width + 2 * this.sizes.pad, this.sizes.height + 2 * this.sizes.pad] : undefined;
    }

    drawRooms() {
        const rooms = this.layers.rooms.selectAll('g.room:not(.leaving)').data([...this.rooms], d => /** @type {any} */ (d)[0]);
        const added = rooms.enter().append('g').attr('class', 'room');
        added.append('rect').attr('class', 'wall').attr('rx', 2);
        added.append('rect').attr('class', 'lattice');
        const handle = added.append('g').attr('class', 'room-handle').attr('role', 'button');
        handle.append('rect').attr('height', 15).attr('rx', 2);
        handle.append('text').attr('dy', '0.36em');
        const leaving = rooms.exit().classed('leaving', true);
        setTimeout(() => leaving.remove(), 400);
        added.merge(/** @type {any} */ (rooms)).each((/** @type {any} */ [, room], i, nodes) => {
            const g = select(nodes[i])
                .classed('shared', room.members.length > 1)
                .attr('data-domain', room.domain)
                .attr('data-members', room.members.join(' '));
            const shared = room.members.length > 1;
            g.select('.room-handle')
                .attr('tabindex', shared ? 0 : null)
                .attr('display', shared ? null : 'none')
                .attr('aria-label', `domain ${room.domain} · ${room.members.length}: the room of ${room.members.join(', ')}`);
            g.select('.room-handle text').text(`domain ${room.domain} · ${room.members.length}`);
        });
    }

    drawComponents() {
        const state = /** @type {State} */ (this.state);
        const { width: w, height: h } = this.sizes;
        const chosen = this.selection?.kind === 'component' ? this.selection.name : null;
        const all = this.layers.components.selectAll('g.component').data(state.components, d => /** @type {any} */ (d).name);
        const added = all.enter().append('g').attr('class', 'component').attr('role', 'button').attr('tabindex', -1);
        added.append('rect').attr('class', 'box').attr('rx', 3);
        added.append('g').attr('class', 'label');
        all.exit().remove();
        this.tabbed = [chosen, this.tabbed, state.components[0]?.name].find(name => state.components.some(c => c.name === name));
        const friends = new Set(state.edges.filter(e => e.client === chosen || e.server === chosen).flatMap(e => [e.client, e.server]));
        const far = (/** @type {string} */ name) => chosen !== null && name !== chosen && !friends.has(name);
        added.merge(/** @type {any} */ (all)).each((/** @type {any} */ c, i, nodes) => {
            const mates = (roomOf(state, c.name)?.members ?? []).filter(name => name !== c.name);
            const g = select(nodes[i])
                .classed('far', far(c.name))
                .attr('data-component', c.name)
                .attr('data-domain', c.domain)
                .attr('data-state', c.state)
                .attr('data-faults', c.faults)
                .classed('selected', c.name === chosen)
                .attr('tabindex', c.name === this.tabbed ? 0 : -1)
                .attr('aria-pressed', c.name === chosen)
                .attr(
                    'aria-label',
                    `${c.name}, ${mates.length ? `in a room with ${mates.join(', ')}` : 'in a room of its own'}${c.faults ? `, ${plural(c.faults, 'fault')}` : ''}${c.state === 'runs' ? '' : `, ${c.state}`}`,
                );
            g.select('rect.box')
                .attr('x', -w / 2)
                .attr('y', -h / 2)
                .attr('width', w)
                .attr('height', h);
            this.label(g, c);
        });
    }

    /** @param {any} g @param {import('../types').Component} c */
    label(g, c) {
        const key = `${c.name} ${this.narrow}`;
        if (g.attr('data-label') === key) return;
        g.attr('data-label', key).select('g.label').selectAll('*').remove();
        const label = g.select('g.label'),
            rows = lines(c.name);
        const size = Math.min(1, (this.sizes.width - 8) / (Math.max(...rows.map(row => row.length)) * 6.6));
        rows.forEach((row, i) =>
            label
                .append('text')
                .attr('class', 'name')
                .attr('transform', `translate(0 ${(i - (rows.length - 1) / 2) * 13 + 4}) scale(${size.toFixed(3)})`)
                .text(row),
        );
    }

    /** How often a component has failed, on its corner: beside the component, not in it, since it is no part of its name. */
    drawBadges() {
        const failed = /** @type {State} */ (this.state).components.filter(c => c.faults > 0);
        const all = this.layers.badges.selectAll('g.badge').data(failed, d => /** @type {any} */ (d).name);
        const added = all.enter().append('g').attr('class', 'badge').attr('aria-hidden', 'true');
        added.append('circle').attr('r', 8.5);
        added.append('text').attr('dy', '0.36em');
        all.exit().remove();
        added.merge(/** @type {any} */ (all)).each((/** @type {any} */ c, i, nodes) => {
            const at = this.motion.now(`c ${c.name}`);
            select(nodes[i])
                .select('text')
                .text(c.faults > 99 ? '99' : c.faults);
            if (at) this.placeBadge(c.name, at[0], at[1]);
        });
    }

    /** @param {string} name @param {number} x @param {number} y */
    placeBadge(name, x, y) {
        this.layers.badges
            .selectAll('g.badge')
            .filter((/** @type {any} */ c) => c.name === name)
            .attr('transform', `translate(${x + this.sizes.width / 2 - 2} ${y - this.sizes.height / 2 + 2})`);
    }

    drawEdges() {
        const state = /** @type {State} */ (this.state),
            selection = this.selection;
        const names = new Set(state.components.map(c => c.name));
        const busy = new Map();
        for (const { server } of state.edges) busy.set(server, (busy.get(server) ?? 0) + 1);
        const shown = state.edges.filter(edge => names.has(edge.client) && names.has(edge.server));
        const all = this.layers.edges.selectAll('g.edge').data(shown, d => edgeKey(/** @type {any} */ (d)));
        const added = all.enter().append('g').attr('class', 'edge');
        for (const part of ['line', 'bar', 'tip', 'reach']) added.append('path').attr('class', part);
        added.append('title');
        all.exit().remove();
        const near = (/** @type {import('../types').Edge} */ edge) =>
            selection?.kind === 'component'
                ? edge.client === selection.name || edge.server === selection.name
                : selection?.kind === 'edge' && edge.client === selection.client && edge.server === selection.server;
        this.layers.edges.classed('dimmed', selection?.kind === 'component' || selection?.kind === 'edge');
        added.merge(/** @type {any} */ (all)).each((/** @type {any} */ edge, i, nodes) => {
            const rate = edgeRate(state, edge),
                w = width(rate),
                kind = edge.crossing ? 'gated' : 'merged';
            const g = select(nodes[i])
                .attr('data-client', edge.client)
                .attr('data-server', edge.server)
                .attr('data-edge', `${edge.client} ${edge.server}`)
                .attr('data-kind', kind)
                .attr('data-heat', heat(rate))
                .attr('data-width', w.toFixed(2))
                .classed('minor', busy.get(edge.server) >= names.size / 3)
                .classed('near', near(edge))
                .classed('chosen', selection?.kind === 'edge' && near(edge))
                .classed('sealed', sealing(state, edge.client, edge.server).length > 0);
            g.select('title').text(`${edge.client} → ${edge.server}: ${count(rate)} a second, ${edge.crossing ? 'through a gate' : 'merged'}`);
            g.select('path.line')
                .attr('stroke-width', w)
                .attr('stroke-dasharray', kind === 'merged' ? `0.1 ${(w * 1.5 + 2).toFixed(1)}` : null);
        });
        this.route();
    }

    /** @param {string} key @param {number[]} values */
    place(key, values) {
        const [x, y, w, h] = values;
        if (key.startsWith('c ')) {
            this.layers.components
                .selectAll('g.component')
                .filter((/** @type {any} */ c) => c.name === key.slice(2))
                .attr('transform', `translate(${x} ${y})`);
            this.placeBadge(key.slice(2), x, y);
        } else
            this.placeRoom(
                this.layers.rooms.selectAll('g.room').filter((/** @type {any} */ d) => d[0] === key.slice(2)),
                x - w / 2,
                y - h / 2,
                w,
                h,
            );
    }

    /** @param {any} g @param {number} x @param {number} y @param {number} w @param {number} h */
    placeRoom(g, x, y, w, h) {
        g.selectAll('rect.wall, rect.lattice').attr('x', x).attr('y', y).attr('width', w).attr('height', h);
        g.select('.room-handle rect')
            .attr('x', x + 3)
            .attr('y', y + 3)
            .attr('width', Math.max(0, w - 6));
        g.select('.room-handle text')
            .attr('x', x + 9)
            .attr('y', y + 11);
    }

    /** Edges follow the components, wherever these are just now. */
    route() {
        this.layers.edges.selectAll('g.edge').each((/** @type {any} */ edge, i, nodes) => {
            const from = this.motion.now(`c ${edge.client}`),
                to = this.motion.now(`c ${edge.server}`);
            if (!from || !to) return;
            const g = select(nodes[i]);
            const paths = edgePaths({ x: from[0], y: from[1] }, { x: to[0], y: to[1] }, this.sizes, Number(g.attr('data-width')));
            g.select('path.line').attr('d', paths.line);
            g.select('path.reach').attr('d', paths.line);
            g.select('path.bar').attr('d', paths.bar);
            g.select('path.tip').attr('d', paths.tip);
        });
    }

    extent() {
        return extent(this.arrangement);
    }

    /** @param {string} name */
    element(name) {
        return /** @type {SVGGElement | null} */ (
            this.layers.components
                .selectAll('g.component')
                .filter((/** @type {any} */ c) => c.name === name)
                .node()
        );
    }

    /** A component that has just failed. @param {string} name */
    strike(name) {
        const g = select(this.element(name));
        g.classed('struck', false);
        this.element(name)?.getBoundingClientRect();
        g.classed('struck', true);
        setTimeout(() => g.classed('struck', false), 3500);
    }
}
