/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Dark or light: as the machine is set, until the person says otherwise.
 */
import { byId } from './dom.js';

const KEY = 'shoji-theme';
const machine = matchMedia('(prefers-color-scheme: dark)');

/** @param {() => void} changed called when the colours are others */
export function theme(changed) {
    const use = (/** @type {string | null} */ name) => {
        if (name) document.documentElement.dataset.theme = name;
        byId('theme').setAttribute('aria-label', dark() ? 'Switch to light' : 'Switch to dark');
        changed();
    };
    byId('theme').addEventListener('click', () => {
        const name = dark() ? 'light' : 'dark';
        localStorage.setItem(KEY, name);
        use(name);
    });
    machine.addEventListener('change', () => use(null));
    use(localStorage.getItem(KEY));
}

function dark() {
    const name = document.documentElement.dataset.theme;
    return name ? name === 'dark' : machine.matches;
}
