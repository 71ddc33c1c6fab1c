/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The token that lets a person move walls: from the address's fragment (#token=...), kept for this tab, never sent anywhere but in Authorization.
 */
const KEY = 'shoji-token';

/** Takes a token out of the address, so that it is neither shown nor in the history any more. */
export function takeFromAddress() {
    const found = /(?:^#|&)token=([^&]+)/.exec(location.hash);
    if (!found) return;
    keep(decodeURIComponent(found[1]));
    history.replaceState(null, '', location.pathname + location.search);
}

export const token = () => sessionStorage.getItem(KEY);

/** @param {string | null} text */
export function keep(text) {
    if (text) sessionStorage.setItem(KEY, text.trim());
    else sessionStorage.removeItem(KEY);
}
