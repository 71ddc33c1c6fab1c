/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests to the control interface. An answer is never thrown: what was refused comes with its status and sentence, and what did not
 * arrive at all with status 0.
 */
import { token } from './token.js';

/** @typedef {{ok: true, status: number, value: any} | {ok: false, status: number, sentence: string}} Answer */

/** @param {string} path @returns {Promise<Answer>} */
export const get = path => ask('GET', path);

/** With the token. @param {string} method @param {string} path @param {object} [body] @returns {Promise<Answer>} */
export const change = (method, path, body) => ask(method, path, body, token() ?? '');

/** @param {string} method @param {string} path @param {object} [body] @param {string} [secret] @returns {Promise<Answer>} */
async function ask(method, path, body, secret) {
    try {
        const reply = await fetch(path, {
            method,
            body: body && JSON.stringify(body),
            cache: 'no-store',
            signal: AbortSignal.timeout(15000),
            headers: secret === undefined ? {} : { Authorization: `Bearer ${secret}` },
        });
        const text = await reply.text();
        if (reply.ok) return { ok: true, status: reply.status, value: text ? JSON.parse(text) : null };
        return { ok: false, status: reply.status, sentence: sentenceOf(text) ?? `The request was refused with status ${reply.status}.` };
    } catch {
        return { ok: false, status: 0, sentence: 'No answer came: the system is down, or cannot be reached.' };
    }
}

/** Why a stream of events is refused, which the browser's EventSource does not tell; null: it is not, or there is no answer.
 *  @param {string} path @returns {Promise<string | null>} */
export async function refusal(path) {
    const stop = new AbortController();
    const patience = setTimeout(() => stop.abort(), 15000);
    try {
        const reply = await fetch(path, { cache: 'no-store', signal: stop.signal });
        return reply.ok ? null : (sentenceOf(await reply.text()) ?? `The stream of events was refused with status ${reply.status}.`);
    } catch {
        return null;
    } finally {
        clearTimeout(patience);
        stop.abort(); // a stream that is given after all is not this one's to read
    }
}

/** @param {string} text @returns {string | null} */
function sentenceOf(text) {
    try {
        return JSON.parse(text).error ?? null;
    } catch {
        return null;
    }
}
