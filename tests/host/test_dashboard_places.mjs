/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where rooms and components are (model/arrange.js), edges' lines and the arrow keys (view/geometry.js): drawn layouts of walls against the invariants, looked at
 * pair by pair.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arranged, extent } from '../../components/mpd_manager/dashboard/src/model/arrange.js';
import { edgePaths, neighbour } from '../../components/mpd_manager/dashboard/src/view/geometry.js';

const WIDE = { width: 96, height: 32, gap: 24, pad: 6, head: 14, between: 12, row: 20, across: 1, roomy: 3, long: 0.7 };
const NARROW = { width: 80, height: 34, gap: 12, pad: 4, head: 14, between: 6, row: 30, across: 3, roomy: 1.8, long: 0 };
const names = Array.from({ length: 25 }, (_, i) => `c${i}`);
const homes = (sizes, columns) =>
    new Map(
        names.map((name, i) => [
            name,
            {
                x: (i % columns) * (sizes.width + 2 * sizes.pad + sizes.between),
                y: Math.floor(i / columns) * (sizes.height + 2 * sizes.pad + sizes.row),
            },
        ]),
    );
let seed = 7;
const random = limit => (seed = (seed * 48271) % 2147483647) % limit;

/** A layout of walls: each component in one of so many rooms. */
function walls(rooms) {
    const drawn = new Map();
    for (const name of names) {
        const domain = random(rooms);
        drawn.set(domain, [...(drawn.get(domain) ?? []), name]);
    }
    return [...drawn].map(([domain, members]) => ({ domain, members }));
}

function check(places, sizes, rooms) {
    const { places: at, rooms: boxes } = places;
    assert.equal(at.size, names.length);
    const list = [...boxes.values()];
    for (let i = 0; i < list.length; i++)
        for (let j = 0; j < i; j++)
            assert.ok(
                Math.abs(list[i].x - list[j].x) >= (list[i].width + list[j].width) / 2 - 0.1 ||
                    Math.abs(list[i].y - list[j].y) >= (list[i].height + list[j].height) / 2 - 0.1,
                'two rooms overlap',
            );
    const all = [...at];
    for (let i = 0; i < all.length; i++)
        for (let j = 0; j < i; j++)
            assert.ok(
                Math.abs(all[i][1].x - all[j][1].x) >= sizes.width - 0.1 || Math.abs(all[i][1].y - all[j][1].y) >= sizes.height - 0.1,
                `${all[i][0]} overlaps ${all[j][0]}`,
            );
    for (const { domain, members } of rooms) {
        const box = boxes.get(domain);
        for (const name of members)
            assert.ok(
                Math.abs(at.get(name).x - box.x) + sizes.width / 2 <= box.width / 2 + 0.1 &&
                    Math.abs(at.get(name).y - box.y) + sizes.height / 2 <= box.height / 2 + 0.1,
                `${name} is not in its room`,
            );
    }
}

for (const [what, sizes, columns] of [
    ['wide', WIDE, 8],
    ['narrow', NARROW, 4],
])
    test(`nothing overlaps, everybody is in their room: 120 drawn layouts, ${what}`, () => {
        const at = homes(sizes, columns);
        for (let round = 0; round < 120; round++) {
            const rooms = walls(1 + random(30));
            check(arranged(at, rooms, sizes), sizes, rooms);
        }
    });

test('isolated: everybody is at home', () => {
    const at = homes(WIDE, 8);
    const { places } = arranged(
        at,
        names.map((name, domain) => ({ domain, members: [name] })),
        WIDE,
    );
    for (const [name, home] of at) assert.deepEqual(places.get(name), home);
});

test('the same walls give the same places, whatever was before', () => {
    const at = homes(WIDE, 8),
        rooms = walls(9);
    const before = arranged(at, rooms, WIDE);
    arranged(at, walls(4), WIDE);
    assert.deepEqual(arranged(at, rooms, WIDE), before);
});

test('two who share a room stand side by side, and others hardly move', () => {
    const at = homes(WIDE, 8);
    const rooms = [
        { domain: 1, members: ['c0', 'c23'] },
        ...names.filter(name => name !== 'c0' && name !== 'c23').map((name, i) => ({ domain: i + 2, members: [name] })),
    ];
    const { places, rooms: boxes } = arranged(at, rooms, WIDE);
    assert.ok(boxes.get(1).width < 3 * WIDE.width && boxes.get(1).height < 5 * WIDE.height);
    assert.ok(Math.hypot(places.get('c7').x - at.get('c7').x, places.get('c7').y - at.get('c7').y) < 1);
});

test('members without homes, or with the same one, still find places of their own', () => {
    const at = new Map(names.map(name => [name, { x: 5, y: 5 }]));
    for (const rooms of [[{ domain: 1, members: names }], names.map((name, domain) => ({ domain, members: [name] }))])
        check(arranged(at, rooms, WIDE), WIDE, rooms);
    const rooms = [{ domain: 1, members: names }];
    check(arranged(new Map(), rooms, WIDE), WIDE, rooms);
});

test('the extent is around all rooms, and there is one of nothing', () => {
    const places = arranged(homes(WIDE, 8), walls(6), WIDE),
        box = extent(places);
    for (const room of places.rooms.values())
        assert.ok(
            Math.abs(room.x - box.x) <= (box.width - room.width) / 2 + 0.01 && Math.abs(room.y - box.y) <= (box.height - room.height) / 2 + 0.01,
        );
    assert.deepEqual(extent({ places: new Map(), rooms: new Map() }), { x: 0, y: 0, width: 1, height: 1 });
});

test('an edge’s line begins and ends at the boxes, and both directions differ', () => {
    const a = { x: 0, y: 0 },
        b = { x: 300, y: 120 };
    const there = edgePaths(a, b, WIDE, 3),
        back = edgePaths(b, a, WIDE, 3);
    const [x, y] = there.line.slice(1).split(/[ Q]/).map(Number);
    assert.ok(Math.abs(Math.abs(x) - 48) < 0.1 || Math.abs(Math.abs(y) - 16) < 0.1);
    assert.notEqual(there.bar, back.bar);
    assert.doesNotMatch(JSON.stringify([there, back, edgePaths(a, a, WIDE, 3)]), /NaN|Infinity/);
});

test('arrow keys go to the nearest in their direction, and nowhere at the border', () => {
    const at = homes(WIDE, 8);
    assert.deepEqual(
        ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp'].map(key => neighbour(at, 'c9', key)),
        ['c10', 'c17', 'c8', 'c1'],
    );
    assert.equal(neighbour(at, 'c0', 'ArrowLeft'), null);
    assert.equal(neighbour(at, 'nobody', 'ArrowLeft'), null);
});
