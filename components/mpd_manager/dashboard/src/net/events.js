/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stream of events, kept open. The browser's EventSource comes back by itself after a broken connection, with the last id; this adds what
 * it leaves out: coming back after a refusal (too many viewers), and noticing a connection that is open but silent.
 *
 * 1. There is one source at a time.
 * 2. A page that was left keeps no connection, though the browser may keep the page: it allows six to one server, and who comes back would wait.
 * 3. `lost` is said once for each loss, `open` before what comes afterwards.
 */
const SILENCE = 8000,
    AGAIN = 4000;

/** @typedef {{open: () => void, lost: () => void, message: (type: string, data: any, epoch: string | undefined) => void}} Listener */

/** @param {string} path @param {Listener} listener */
export function follow(path, listener) {
    /** @type {EventSource} */
    let source;
    let alive = false,
        heard = Date.now();
    const lose = () => {
        if (alive) listener.lost();
        alive = false;
    };
    const start = () => {
        source = new EventSource(path);
        heard = Date.now();
        source.onopen = () => {
            alive = true;
            heard = Date.now();
            listener.open();
        };
        source.onerror = () => {
            listener.lost();
            alive = false;
            if (source.readyState === EventSource.CLOSED) setTimeout(start, AGAIN);
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
        source.close();
        start();
    }, 1000);
    addEventListener('pagehide', () => {
        lose();
        source.close();
    });
    addEventListener('pageshow', event => event.persisted && start());
    start();
}
