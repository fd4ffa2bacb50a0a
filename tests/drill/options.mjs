// SPDX-License-Identifier: Apache-2.0
// What a drill is told on its command line.
import path from 'node:path';
import { parseArgs } from 'node:util';

/** For `--seed`: another one each time. */
export const anySeed = () => Date.now() % 1_000_000;

/**
 * The options by name, each of the type of its default: a number, a text, or false for one that is there or not. Says which there
 * are and ends where `--help` or something else is given.
 */
export function optionsOf(defaults) {
    const options = Object.fromEntries(Object.entries(defaults)
        .map(([name, value]) => [name, { type: value === false ? 'boolean' : 'string', default: value === false ? false : String(value) }]));
    const end = (code, reason) => {
        const known = Object.entries(defaults).map(([name, value]) => (value === false ? `--${name}` : `--${name} ${value}`));
        (code === 0 ? console.log : console.error)(`${reason}node tests/drill/${path.basename(process.argv[1])} [OPTION...], where nothing is said:\n  ${known.join('\n  ')}`);
        process.exit(code);
    };
    let given;
    try {
        given = parseArgs({ options: { ...options, help: { type: 'boolean', default: false } } }).values;
    } catch (error) {
        end(2, `${error.message}\n`);
    }
    if (given.help) end(0, '');
    return Object.fromEntries(Object.entries(defaults).map(([name, value]) => {
        if (typeof value !== 'number') return [name, given[name]];
        const number = Number(given[name]);
        if (given[name].trim() === '' || !(number >= 0)) end(2, `--${name} is '${given[name]}', but needs a number\n`);
        return [name, number];
    }));
}
