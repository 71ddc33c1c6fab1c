/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What came of something that a person did: a sentence at the place where it was done, which goes after a while; and the same for those who
 * listen. What the system did by itself is only said to the latter.
 */
import { byId, element } from './dom.js';

const STAYS = { done: 4000, refused: 10000 },
    LINES = 30;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {'done' | 'refused'} kind @param {string} sentence @param {{status?: number, at?: {x: number, y: number} | null}} [more] `at`: in the window */
export function notice(kind, sentence, { status, at } = {}) {
    const box = byId('notice');
    const text = /** @type {HTMLElement} */ (box.querySelector('.text'));
    text.textContent = sentence;
    box.dataset.kind = kind;
    box.dataset.status = String(status ?? '');
    box.hidden = false;
    place(box, kind === 'refused' && at ? at : null);
    clearTimeout(timer);
    timer = setTimeout(hide, STAYS[kind]);
}

/** @param {string} sentence */
export function announce(sentence) {
    const log = byId('live');
    log.append(element('span', {}, `${sentence} `));
    while (log.children.length > LINES) log.firstElementChild?.remove();
}

/** Below the place; without one at the top, in the middle. @param {HTMLElement} box @param {{x: number, y: number} | null} at */
function place(box, at) {
    const x = (at ? at.x : innerWidth / 2) - box.offsetWidth / 2,
        y = at ? at.y + 26 : 8;
    box.style.left = `${Math.max(8, Math.min(x, innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, Math.min(y, innerHeight - box.offsetHeight - 8))}px`;
}

const hide = () => {
    byId('notice').hidden = true;
};

export function noticeReady() {
    byId('notice').querySelector('button')?.addEventListener('click', hide);
    addEventListener('keydown', event => event.key === 'Escape' && hide());
}
