/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles the dashboard: `node build.mjs FOLDER [COSTS]` writes index.html, app.js, app.css, icon.svg and licences.txt (those of what is bundled).
 * COSTS: policy/costs.txt, which the page offers to choose from.
 * boot/thirdparty/dashboard.py calls it where the packages of package-lock.json are unpacked; the files are flat, and name no other place.
 */
import { build } from 'esbuild';
import fs from 'node:fs/promises';
import path from 'node:path';

const [out, costs = '../../../policy/costs.txt'] = process.argv.slice(2);
if (!out) throw new Error('usage: node build.mjs FOLDER [COSTS]');

const result = await build({
    entryPoints: { app: 'src/main.js' },
    outdir: out,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    alias: { 'costs.txt': path.resolve(costs) },
    loader: { '.txt': 'text' },
    preserveSymlinks: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
});
await build({ entryPoints: { app: 'src/style/app.css' }, outdir: out, bundle: true, minify: true, charset: 'utf8', logLevel: 'warning' });
for (const name of ['index.html', 'icon.svg']) await fs.copyFile(path.join('src', name), path.join(out, name));
await fs.writeFile(path.join(out, 'licences.txt'), await licences(Object.keys(result.metafile.inputs)));

/** What the packages that are bundled say about copying. @param {string[]} inputs */
async function licences(inputs) {
    const packages = [...new Set([...inputs.map(name => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1]), 'uplot'])]
        .filter(name => name !== undefined)
        .sort();
    const texts = await Promise.all(
        packages.map(async name => {
            const folder = path.join('node_modules', name);
            const { version, license } = JSON.parse(await fs.readFile(path.join(folder, 'package.json'), 'utf8'));
            const file = (await fs.readdir(folder)).find(found => /^licen[cs]e/i.test(found));
            return `${name} ${version} (${license})\n\n${file ? await fs.readFile(path.join(folder, file), 'utf8') : ''}`;
        }),
    );
    return `The dashboard is Shoji's own (BSD-2-Clause) and has these packages in it.\n\n${texts.join('\n----\n\n')}`;
}
