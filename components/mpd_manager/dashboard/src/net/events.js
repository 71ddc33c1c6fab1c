/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stream of events, kept open. The browser's EventSource comes back by itself after a broken connection, with the last id; this adds what
 * it leaves out: why it was refused (too many viewers), coming back after that, and noticing a connection that is open but silent.
 *
 * 1. There is one source at a time.
 * 2. A page that was left keeps no connection, though the browser may keep the page: it allows six to one server, and who comes back would wait.
 * 3. `lost` is said once for each loss, `open` before what comes afterwards; `refused`, with the reason, in place of `lost`.
 */
import { refusal } from './api.js';

const SILENCE = 8000,
    AGAIN = 4000;

/** @typedef {{open: () => void, lost: () => void, refused: (reason: string) => void, message: (type: string, data: any, epoch: string | undefined) => void}} Listener */

/** @param {string} path @param {Listener} listener */
export function follow(path, listener) {
    /** @type {EventSource} */
    let source;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let again;
    let gone = false,
        alive = false,
        heard = Date.now();
    const lose = () => {
        if (alive) listener.lost();
        alive = false;
    };
    const end = () => {
        clearTimeout(again);
        source?.close();
    };
    const start = () => {
        end();
        const mine = new EventSource(path);
        source = mine;
        heard = Date.now();
        source.onopen = () => {
            alive = true;
            heard = Date.now();
            listener.open();
        };
        source.onerror = async () => {
            alive = false;
            const refused = mine.readyState === EventSource.CLOSED;
            const reason = refused ? await refusal(path) : null;
            if (source !== mine) return;
            if (reason) listener.refused(reason);
            else listener.lost();
            if (refused && !gone) again = setTimeout(start, AGAIN);
        };
        for (const type of ['graph', 'tick', 'decision', 'fault'])
            source.addEventListener(type, event => {
                heard = Date.now();
                listener.message(type, JSON.parse(event.data), event.lastEventId.split('-')[0] || undefined);
            });
    };
    setInterval(() => {
        if (Date.now() - heard < SILENCE || source.readyState === EventSource.CLOSED) return;
        lose();
        start();
    }, 1000);
    addEventListener('pagehide', () => {
        gone = true;
        lose();
        end();
    });
    addEventListener('pageshow', event => {
        if (!event.persisted) return;
        gone = false;
        start();
    });
    start();
}
