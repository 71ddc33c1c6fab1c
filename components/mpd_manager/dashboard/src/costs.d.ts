/* SPDX-License-Identifier: BSD-2-Clause
 *
 * policy/costs.txt, which build.mjs puts in.
 */
declare module 'costs.txt' {
    const text: string;
    export default text;
}
