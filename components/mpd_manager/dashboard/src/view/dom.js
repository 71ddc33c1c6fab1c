/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Short words for the page's elements. Text is always text here: nothing that came over the wire is read as HTML.
 */

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`index.html has no #${id}`);
    return /** @type {T} */ (found);
}

/** An element with attributes and children; a null child is left out. A key that begins with `on` is a listener.
 *  @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string | null)[]} children @returns {HTMLElement} */
export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes))
        if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
        else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : String(value));
    made.append(...children.filter(child => child !== null));
    return made;
}

/** Makes the children of `parent` those of the list, keeping elements whose key and content are what they were.
 *  @template T @param {HTMLElement} parent @param {T[]} list @param {(item: T) => string} key @param {(item: T) => HTMLElement} make */
export function listed(parent, list, key, make) {
    const before = new Map([...parent.children].map(child => [/** @type {any} */ (child).shownAs, child]));
    const children = list.map(item => {
        const shownAs = key(item);
        const made = before.get(shownAs) ?? make(item);
        /** @type {any} */ (made).shownAs = shownAs;
        return made;
    });
    if (children.length !== parent.children.length || children.some((child, i) => child !== parent.children[i])) parent.replaceChildren(...children);
}

/** The options of a select, with the choice kept if it is still there.
 *  @param {HTMLSelectElement} select @param {{value: string, text: string}[]} options */
export function offer(select, options) {
    const written = JSON.stringify(options);
    if (select.dataset.written === written) return;
    const chosen = select.value;
    select.dataset.written = written;
    select.replaceChildren(...options.map(({ value, text }) => element('option', { value }, text)));
    if (options.some(option => option.value === chosen)) select.value = chosen;
}

/** @param {HTMLElement} where @param {string} text */
export function say(where, text) {
    if (where.textContent !== text) where.textContent = text;
}
