/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a person does with the picture: drag, drop, look closer, go about with the keys. What a drop means is model/drop.js.
 *
 * 1. While something is held, the hint says what would happen if it were dropped; Escape lets it go without a consequence.
 * 2. A click is not a drag: less than SLACK pixels.
 */
import { drag } from 'd3-drag';
import { select } from 'd3-selection';
import { zoom, zoomIdentity } from 'd3-zoom';
import { intent } from '../model/drop.js';
import { neighbour } from './geometry.js';

/** @typedef {import('../types').Thing} Thing */
/** @typedef {import('../types').Point} Point */
/** @typedef {{act: (intent: import('../types').Intent, at: Point) => Promise<void>, select: (selection: import('../types').Selection, focus: boolean) => void}} Actions */

const SLACK = 5;
/** How much larger than its measure the picture is by itself, at most. */
const LARGEST = 1.5;

/** @param {import('./graph').Picture} picture @param {Actions} actions */
export function hands(picture, actions) {
    const svg = select(picture.svg);
    const look = looking(picture);
    const hint = picture.layers.hints.append('g').attr('class', 'hint').attr('display', 'none');
    hint.append('rect').attr('rx', 4);
    hint.append('text').attr('dy', '0.36em');
    /** @type {{thing: Thing, start: Point, far: boolean, target: Thing, put: boolean, client: Point} | null} */
    let held = null;

    const grip = drag()
        .container(() => /** @type {any} */ (picture.world.node()))
        .clickDistance(SLACK)
        .on('start', (event, d) => {
            held = {
                thing: thingOf(d),
                start: { x: event.x, y: event.y },
                far: false,
                target: { kind: 'ground' },
                put: true,
                client: pointOf(event.sourceEvent),
            };
        })
        .on('drag', (event, d) => {
            if (!held || !held.put) return;
            held.client = pointOf(event.sourceEvent);
            const k = look.scale();
            held.far ||= Math.hypot(event.x - held.start.x, event.y - held.start.y) * k > SLACK;
            if (!held.far) return;
            carry(d, event);
            held.target = under(event, held.thing);
            show(event, held.thing, held.target);
        })
        .on('end', () => {
            const done = held;
            held = null;
            clear();
            if (done?.far) drop(done);
        });

    /** @param {any} d @param {Point} at */
    function carry(d, at) {
        if (Array.isArray(d)) return;
        picture.motion.put(`c ${d.name}`, [at.x, at.y]);
        picture.route();
        select(picture.element(d.name)).classed('held', true).raise();
    }

    /** What is at a place, not counting what is held. @param {Point} at @param {Thing} thing @returns {Thing} */
    function under(at, thing) {
        const { places, rooms } = picture.arrangement,
            { width, height } = picture.sizes;
        for (const [name, p] of places)
            if (Math.abs(p.x - at.x) <= width / 2 && Math.abs(p.y - at.y) <= height / 2 && !(thing.kind === 'component' && thing.name === name))
                return { kind: 'component', name };
        for (const [domain, box] of rooms)
            if (Math.abs(box.x - at.x) <= box.width / 2 && Math.abs(box.y - at.y) <= box.height / 2) return { kind: 'room', domain };
        return { kind: 'ground' };
    }

    /** @param {Point} at @param {Thing} thing @param {Thing} target */
    function show(at, thing, target) {
        if (!picture.state) return;
        const meant = intent(picture.state, thing, target);
        const domain =
            target.kind === 'room'
                ? target.domain
                : target.kind === 'component'
                  ? picture.state.components.find(c => c.name === target.name)?.domain
                  : -1;
        picture.layers.rooms
            .selectAll('g.room')
            .classed('target', (/** @type {any} */ d) => meant.verb !== null && !meant.rule && d[1].domain === domain)
            .classed('forbidden', (/** @type {any} */ d) => meant.rule !== null && d[1].domain === domain);
        const words = meant.rule ? `rule ${meant.rule} forbids this` : meant.sentence;
        const k = 1 / look.scale(),
            half = words.length * 3.5 + 12;
        const [left, right] = look.sides();
        const x = Math.max(left + (half + 4) * k, Math.min(right - (half + 4) * k, at.x));
        hint.attr('display', null)
            .classed('forbidden', meant.rule !== null)
            .attr('transform', `translate(${x} ${at.y - picture.sizes.height / 2 - 20 * k}) scale(${k})`);
        hint.select('text').text(words);
        hint.select('rect')
            .attr('x', -half)
            .attr('width', 2 * half)
            .attr('y', -13)
            .attr('height', 26);
    }

    function clear() {
        hint.attr('display', 'none');
        picture.layers.rooms.selectAll('g.room').classed('target forbidden', false);
        picture.layers.components.selectAll('g.component').classed('held', false);
    }

    /** @param {NonNullable<typeof held>} done */
    async function drop(done) {
        const meant = picture.state && done.put ? intent(picture.state, done.thing, done.target) : null;
        const laid = picture.laid;
        if (meant?.verb) await actions.act(meant, done.client);
        if (picture.laid === laid) home(done.thing);
    }

    /** Back to where it belongs. @param {Thing} thing */
    function home(thing) {
        if (thing.kind === 'component') picture.settle();
    }

    picture.svg.addEventListener('keydown', event => {
        const focused = /** @type {Element} */ (event.target);
        const name = focused.getAttribute('data-component');
        if (event.key === 'Escape' && held) {
            held.put = false;
            clear();
            home(held.thing);
        } else if ((event.key === 'Enter' || event.key === ' ') && (name || focused.classList.contains('room-handle'))) {
            event.preventDefault();
            actions.select(name ? { kind: 'component', name } : { kind: 'room', member: membersOf(focused)[0] }, true);
        } else if (name && event.key.startsWith('Arrow')) {
            event.preventDefault();
            const next = neighbour(picture.arrangement.places, name, /** @type {any} */ (event.key));
            const element = next && picture.element(next);
            if (element) {
                picture.layers.components.selectAll('g.component').attr('tabindex', -1);
                picture.tabbed = next;
                element.setAttribute('tabindex', '0');
                element.focus();
            }
        }
    });
    addEventListener('keydown', event => {
        if (event.key === 'Escape' && held) {
            held.put = false;
            clear();
        }
    });
    svg.on('click', event => {
        const at = /** @type {Element} */ (event.target);
        const part = at.closest('g.component, g.edge, .room-handle');
        if (!part) actions.select(null, false);
        else if (part.classList.contains('component')) actions.select({ kind: 'component', name: part.getAttribute('data-component') ?? '' }, false);
        else if (part.classList.contains('edge'))
            actions.select({ kind: 'edge', client: part.getAttribute('data-client') ?? '', server: part.getAttribute('data-server') ?? '' }, false);
        else actions.select({ kind: 'room', member: membersOf(part)[0] }, false);
    });

    return {
        /** What is new is made draggable, too. */
        ready() {
            picture.layers.components
                .selectAll('g.component:not([data-grip])')
                .attr('data-grip', 'yes')
                .call(/** @type {any} */ (grip));
            picture.layers.rooms
                .selectAll('.room-handle:not([data-grip])')
                .attr('data-grip', 'yes')
                .call(/** @type {any} */ (grip));
        },
        fit: look.fit,
        refit: look.refit,
        reveal: look.reveal,
        busy: () => held !== null && held.far,
    };
}

/** @param {any} d what d3 has bound: a component, or a room with its key @returns {Thing} */
const thingOf = d => (Array.isArray(d) ? { kind: 'room', domain: d[1].domain } : { kind: 'component', name: d.name });

/** @param {Element} handle */
const membersOf = handle => (handle.closest('.room')?.getAttribute('data-members') ?? '').split(' ');

/** @param {any} event @returns {Point} */
function pointOf(event) {
    const touch = event.touches?.[0] ?? event.changedTouches?.[0] ?? event;
    return { x: touch.clientX, y: touch.clientY };
}

/** Looking closer and elsewhere; until a person does, the picture fits by itself. @param {import('./graph').Picture} picture */
function looking(picture) {
    const svg = select(picture.svg);
    let own = false,
        scale = 1,
        shift = 0;
    const eye = zoom()
        .scaleExtent([0.3, 4])
        .filter(
            event =>
                !event.button &&
                !(/** @type {Element} */ (event.target).closest('g.component, .room-handle')) &&
                (event.type !== 'wheel' || event.ctrlKey || event.metaKey || own),
        )
        .on('start', event => svg.classed('panning', event.sourceEvent?.type === 'mousedown'))
        .on('zoom', event => {
            own ||= Boolean(event.sourceEvent);
            scale = event.transform.k;
            shift = event.transform.x;
            picture.world.attr('transform', event.transform);
        })
        .on('end', () => svg.classed('panning', false));
    svg.call(/** @type {any} */ (eye)).on('dblclick.zoom', null);

    const fit = () => {
        const { width, height } = picture.svg.getBoundingClientRect();
        if (!width || !height) return;
        const box = picture.extent(),
            low = (document.getElementById('legend')?.offsetHeight ?? 0) + 16,
            edge = picture.narrow ? 3 : 12;
        const k = Math.min((width - 2 * edge) / box.width, (height - low - edge) / box.height, LARGEST);
        const x = width / 2 - box.x * k,
            y = (height - low + edge) / 2 - box.y * k;
        svg.call(/** @type {any} */ (eye.transform), zoomIdentity.translate(x, y).scale(k));
    };
    return {
        scale: () => scale,
        /** The picture's left and right border, in the places' measure. */
        sides: () => [-shift / scale, (picture.svg.clientWidth - shift) / scale],
        fit: () => {
            own = false;
            fit();
        },
        refit: () => {
            if (!own) fit();
        },
        /** Moves the picture up so that an element is above a line of the window. @param {Element} element @param {number} line */
        reveal(element, line) {
            const below = element.getBoundingClientRect().bottom + 12 - line;
            if (below > 0) svg.call(/** @type {any} */ (eye.translateBy), 0, -below / scale);
        },
    };
}
