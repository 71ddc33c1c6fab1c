/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy's controls: mode, the isolation dial, which sets the budget, and what a crossing is charged as. What the system says is shown, not what was clicked.
 *
 * 1. While a person holds the dial, nothing that arrives moves it.
 */
import text from 'costs.txt';
import { choices, costs } from '../model/costs.js';
import { percent } from '../model/format.js';
import { byId, element, offer, say } from './dom.js';

/** Budgets that the dial knows, in percent: finer where a step makes more difference. */
const STOPS = [0, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 6, 7.5, 10, 12.5, 15, 20, 25, 30, 40, 50, 60, 80, 100];
const PUBLISHED = costs(text);
/** @type {Record<string, string>} */
const MODES = {
    isolated: 'Every component keeps a room of its own, as far as rules allow.',
    merged: 'All components in one room, as far as rules allow: every call is a plain one.',
    manual: 'Walls stand where people put them. Drag a component into another’s room, or pull it out.',
    adaptive: 'The policy moves walls by itself: as many as the budget pays for, where they cost least.',
    'merge-only': 'The policy takes walls down when crossings exceed the budget, and puts none up again.',
};

/** @param {(settings: object) => void} set */
export function policy(set) {
    const dial = /** @type {HTMLInputElement} */ (byId('budget'));
    let held = false;
    dial.max = String(STOPS.length - 1);
    dial.addEventListener('input', () => {
        held = true;
        label(STOPS[Number(dial.value)]);
    });
    dial.addEventListener('change', () => {
        held = false;
        set({ mode: 'adaptive', budget_percent: STOPS[Number(dial.value)] });
    });
    const cost = /** @type {HTMLSelectElement} */ (byId('crossing-cost'));
    cost.addEventListener('change', () => set({ crossing_cost: cost.value === 'measured' ? 'measured' : Number(cost.value) }));
    return { show: (/** @type {import('../types').State} */ state, /** @type {boolean} */ mayWrite) => show(state, mayWrite, held, set) };
}

/** @param {import('../types').State} state @param {boolean} mayWrite @param {boolean} held @param {(settings: object) => void} set */
function show(state, mayWrite, held, set) {
    const modes = state.policy?.modes ?? [];
    const box = /** @type {HTMLElement} */ (byId('mode').querySelector('.segments'));
    if (box.dataset.modes !== modes.join()) {
        box.dataset.modes = modes.join();
        box.replaceChildren(
            ...modes.map(mode =>
                element('label', {}, element('input', { type: 'radio', name: 'mode', value: mode, onchange: () => set({ mode }) }), mode),
            ),
        );
    }
    for (const input of box.querySelectorAll('input')) input.checked = input.value === state.mode;
    /** @type {HTMLFieldSetElement} */ (byId('mode')).disabled = !mayWrite;
    say(byId('mode-help'), [MODES[state.mode], whose(state.policy)].filter(Boolean).join(' '));
    showCost(state.policy, mayWrite);
    const budget = state.tick?.budget_percent ?? state.policy?.budget_percent;
    const dial = /** @type {HTMLInputElement} */ (byId('budget'));
    dial.disabled = !mayWrite;
    if (budget === undefined) return;
    if (!held) {
        dial.value = String(nearest(budget));
        label(budget);
    }
    const share = (state.tick?.share_ppm ?? 0) / 10000;
    /** @type {HTMLElement} */ (byId('budget-meter').firstElementChild).style.transform = `scaleX(${budget > 0 ? Math.min(1, share / budget) : 0})`;
    const unused = state.mode === 'adaptive' || state.mode === 'merge-only' ? '' : ' Turning the dial switches to adaptive.';
    const threshold = state.policy?.threshold ? ` A threshold of ${state.policy.threshold} invocations a second is set instead of it.` : '';
    say(
        byId('budget-help'),
        `Crossings may take ${percent(budget)} of processor time; they took ${percent(share)} in the last second.${threshold}${unused}`,
    );
}

/** Of a policy of one's own: that it decides, or why not. @param {import('../types').Policy | null} policy */
function whose(policy) {
    if (policy?.policy_reason) return policy.policy_reason;
    return policy && policy.policy !== 'default' ? `Policy “${policy.policy}” decides.` : '';
}

/** @param {import('../types').Policy | null} policy @param {boolean} mayWrite */
function showCost(policy, mayWrite) {
    const select = /** @type {HTMLSelectElement} */ (byId('crossing-cost'));
    select.disabled = !mayWrite || !policy;
    if (!policy) return;
    const { list, chosen } = choices(PUBLISHED, policy.crossing_cost);
    offer(select, list);
    if (document.activeElement !== select) select.value = chosen;
    const source = policy.crossing_cost.by_hand && PUBLISHED.find(({ cycles }) => cycles === policy.crossing_cost.cycles)?.source;
    const how = 'The policy decides as on a processor whose walls cost that much';
    say(
        byId('cost-help'),
        source
            ? `${how}: ${source}.`
            : policy.crossing_cost.by_hand
              ? `${how}.`
              : 'As measured at boot. Choose another to see where walls would stand there.',
    );
}

/** @param {number} budget */
function label(budget) {
    say(byId('budget-value'), `budget ${budget} %`);
    byId('budget').setAttribute('aria-valuetext', `budget ${budget} percent of processor time`);
}

/** @param {number} budget */
const nearest = budget => STOPS.reduce((best, stop, i) => (Math.abs(stop - budget) < Math.abs(STOPS[best] - budget) ? i : best), 0);
