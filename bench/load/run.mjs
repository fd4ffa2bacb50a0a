// SPDX-License-Identifier: Apache-2.0
// The work of script/bench, which builds, and says how to call it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benches } from './benches.mjs';
import { endCluster } from './cluster.mjs';
import { describeMachine, judge, plot, table } from './report.mjs';
import { leaveTheServerAlone, measure, servers } from './servers.mjs';

const kResults = 'bench/results';

function fail(why) {
    console.error(`error: ${why}`);
    process.exit(2);
}

function readArguments() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            quick: { type: 'boolean', default: false },
            rounds: { type: 'string' },
            seconds: { type: 'string' },
            servers: { type: 'string' },
            point: { type: 'string', default: '' },
            build: { type: 'string', default: 'build/release' },
        },
    });
    const names = positionals[0] === 'all' ? Object.keys(benches) : positionals;
    for (const name of names) if (!(name in benches)) fail(`there is no bench '${name}'; the benches are ${Object.keys(benches).join(', ')} and all`);
    const chosen = values.servers?.split(',');
    for (const name of chosen ?? []) if (!(name in servers)) fail(`there is no server '${name}'; the servers are ${Object.keys(servers).join(', ')}`);
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
    if (!(rounds >= 1)) fail('--rounds is a number from 1');
    return { ...values, names, rounds, servers: chosen };
}

async function runBench(name, options) {
    const bench = benches[name];
    const possible = bench.servers ?? Object.keys(servers);
    const usual = bench.servers ?? possible.filter((server) => !servers[server].tls);
    const chosen = options.servers?.filter((server) => possible.includes(server)) ?? usual;
    if (chosen.length === 0) fail(`${name} measures only ${possible.join(', ')}`);
    const points = (options.quick && bench.quick ? bench.points.slice(0, bench.quick) : bench.points)
        .map((point) => ({
            ...point,
            label: (options.quick && point.quickLabel) || point.label,
            args: (options.quick && point.quickArgs) || point.args,
            runs: Object.fromEntries(chosen.map((server) => [server, []])),
        }))
        .filter((point) => point.label.includes(options.point));
    if (points.length === 0) fail(`no point of ${name} is called like '${options.point}'`);
    const started = new Date();
    const machine = describeMachine();
    console.log(`\n${bench.title}\n`);
    for (let round = 1; round <= options.rounds; round++) {
        for (const point of points) {
            for (const server of chosen) {
                const args = [...point.args, ...bench.args(options.quick), '--seed', round];
                if (options.seconds) args.push('--seconds', options.seconds);
                const config = `bench/load/${point.config ?? bench.config ?? 'bench.toml'}`;
                const around = point.around && (() => point.around(options.quick));
                const figures = await measure(server, bench.scenario, args, { build: options.build, config, beside: bench.beside, around });
                point.runs[server].push(figures);
                console.log(`  round ${round}, ${point.label}, ${server}: ${brief(bench, figures)}`);
            }
        }
    }
    report(name, bench, points, { started, machine, rounds: options.rounds, quick: options.quick });
}

const brief = (bench, figures) =>
    bench.columns.slice(0, 5).map(({ key, title, digits }) => {
        const value = key.split('.').reduce((v, part) => v?.[part], figures);
        return `${title} ${typeof value === 'number' ? value.toFixed(digits) : '-'}`;
    }).join(', ');

function report(name, bench, points, context) {
    mkdirSync(kResults, { recursive: true });
    const stem = `${kResults}/${name}-${context.started.toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-')}`;
    const verdict = judge(points);
    const { machine } = context;
    const drawn = plot(`${stem}.svg`, bench, points);
    const text = [
        `# ${bench.title}`, '',
        `${context.started.toISOString()}, ${context.rounds} rounds${context.quick ? ', quick' : ''}, commit ${machine.commit}; ` +
            `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}, load average ${machine.load_average} before. ` +
            'Medians; in brackets the least.', '',
        table(bench, points), '',
        ...verdict.map(({ text: line, reached }) => `- ${reached ? 'reached' : 'MISSED'}: ${line}`), '',
        ...(drawn ? [`![plot](${stem.split('/').pop()}.svg)`, ''] : []),
    ].join('\n');
    writeFileSync(`${stem}.md`, text);
    const saved = points.map(({ label, runs }) => ({ label, runs }));
    writeFileSync(`${stem}.json`, `${JSON.stringify({ bench: name, ...context, points: saved, verdict }, null, 1)}\n`);
    console.log(`\n${text}\nwritten: ${stem}.{json,md${drawn ? ',svg' : ''}}`);
    if (machine.load_average > 0.5) console.log('The machine was not idle when this began: take the figures with care.');
}

leaveTheServerAlone();
const options = readArguments();
try {
    for (const name of options.names) await runBench(name, options);
} finally {
    await endCluster();
}
