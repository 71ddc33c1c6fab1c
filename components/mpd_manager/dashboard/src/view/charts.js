/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The last minutes as four lines, by uPlot; the value of now as text above each.
 */
import uPlot from 'uplot';
import { count, percent, top } from '../model/format.js';
import { byId, say } from './dom.js';

/** @typedef {import('../types').Sample} Sample */

/** @type {{id: string, of: (sample: Sample) => number | null, show: (value: number) => string, step?: boolean, least: number}[]} */
const CHARTS = [
    { id: 'chart-throughput', of: sample => sample.throughput, show: value => `${count(value)} /s`, least: 10 },
    { id: 'chart-domains', of: sample => sample.domains, show: value => String(Math.round(value)), step: true, least: 5 },
    { id: 'chart-crossings', of: sample => sample.perRequest, show: value => count(value), least: 5 },
    { id: 'chart-share', of: sample => sample.share, show: value => percent(value), least: 0.05 },
];
const MINUTES = 5;

/** @returns {{show: (samples: Sample[]) => void, colours: () => void}} */
export function charts() {
    /** @type {uPlot[]} */
    let plots = [];
    /** @type {Sample[]} */
    let last = [];
    const make = () => {
        plots.forEach(plot => plot.destroy());
        plots = CHARTS.map(chart => drawn(chart));
        show(last);
    };
    const show = (/** @type {Sample[]} */ samples) => {
        last = samples;
        CHARTS.forEach((chart, i) => {
            const values = samples.map(chart.of);
            const now = values.length ? values[values.length - 1] : null;
            const figure = byId(chart.id);
            say(/** @type {HTMLElement} */ (figure.querySelector('output')), now === null || now === undefined ? '–' : chart.show(now));
            figure.dataset.points = String(values.length);
            if (figure.offsetParent) plots[i]?.setData([samples.map(sample => sample.uptime), values]);
        });
    };
    const sizes = new ResizeObserver(() => {
        plots.forEach((plot, i) => {
            const size = sizeOf(CHARTS[i].id);
            if (size.width > 0 && (size.width !== plot.width || size.height !== plot.height)) plot.setSize(size);
        });
        show(last);
    });
    make();
    CHARTS.forEach(chart => sizes.observe(byId(chart.id)));
    return { show, colours: make };
}

/** @param {string} id */
function sizeOf(id) {
    const place = /** @type {HTMLElement} */ (byId(id).querySelector('.plot'));
    return { width: place.clientWidth, height: place.clientHeight };
}

/** @param {typeof CHARTS[number]} chart */
function drawn(chart) {
    const place = /** @type {HTMLElement} */ (byId(chart.id).querySelector('.plot'));
    const colour = (/** @type {string} */ name) => resolved(place, name);
    const [ink, line, accent] = [colour('--ink-soft'), colour('--line'), colour('--accent')];
    const axis = { stroke: ink, font: '11px sans-serif', grid: { stroke: line, width: 1 }, ticks: { show: false } };
    const size = sizeOf(chart.id);
    return new uPlot(
        {
            width: size.width || 200,
            height: size.height || 84,
            legend: { show: false },
            cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
            padding: [6, 12, 0, 0],
            scales: {
                x: { time: false, range: (_plot, _min, max) => [(max ?? 0) - MINUTES * 60, max ?? 1] },
                y: { range: plot => [0, top(/** @type {(number | null)[]} */ (plot.data[1]), chart.least)] },
            },
            axes: [
                {
                    ...axis,
                    size: 20,
                    splits: (_plot, _axis, _min, max) => [...Array(MINUTES).keys()].reverse().map(minutes => max - minutes * 60),
                    values: (plot, splits) => splits.map(split => ago(split, plot)),
                },
                { ...axis, size: 44, space: 26, values: (_plot, splits) => splits.map(split => chart.show(split).replace(' /s', '')) },
            ],
            series: [
                {},
                {
                    stroke: accent,
                    width: 1.8,
                    fill: colour('--chart-fill'),
                    points: { show: false },
                    spanGaps: false,
                    paths: chart.step ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
                },
            ],
        },
        [[], []],
        place,
    );
}

/** Minutes before now. @param {number} split @param {uPlot} plot */
function ago(split, plot) {
    const minutes = Math.round(((plot.scales.x.max ?? split) - split) / 60);
    return minutes ? `−${minutes}` : 'now';
}

/** What a colour of tokens.css is by this light: a canvas does not know. @param {HTMLElement} place @param {string} name */
function resolved(place, name) {
    const before = place.style.color;
    place.style.color = `var(${name})`;
    const colour = getComputedStyle(place).color;
    place.style.color = before;
    return colour;
}
