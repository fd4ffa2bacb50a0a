// SPDX-License-Identifier: Apache-2.0
// What script/bench makes of its runs: medians, ratios, verdicts, a table and a plot.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

export const at = (figures, key) => key.split('.').reduce((value, part) => value?.[part], figures);

export function median(values) {
    const sorted = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
    if (sorted.length === 0) return undefined;
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const column = (runs, key) => runs.map((run) => at(run, key));
const shown = (value, digits) => (value === undefined ? '-' : value.toFixed(digits));

export function describeMachine() {
    const git = (...args) => {
        const run = spawnSync('git', args, { encoding: 'utf8' });
        return run.status === 0 ? run.stdout.trim() : '';
    };
    return {
        cpu: cpus()[0].model,
        cores: cpus().length,
        memory_gib: Math.round(totalmem() / 2 ** 30),
        kernel: release(),
        load_average: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]),
        commit: git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no', '--', 'src') ? ' and changes' : ''),
    };
}

/** Whether a goal is reached: [text, true or false], for each server it speaks of. `to` names the point that it compares with. */
function verdicts(points, point, goal) {
    const verdict = [];
    for (const [name, runs] of Object.entries(point.runs)) {
        if (name === 'uws' || runs.length === 0) continue;
        const values = column(runs, goal.key);
        let value = goal.worst ? Math.max(...values) : median(values);
        let bound = goal.most;
        if (goal.ratio) {
            const rival = median(column(point.runs.uws ?? [], goal.key));
            bound = goal.ratio[name];
            if (bound === undefined || !rival) continue;
            value /= rival;
        }
        if (goal.to) {
            const other = median(column(points.find(({ label }) => label === goal.to)?.runs[name] ?? [], goal.key));
            if (other === undefined) continue;
            value = goal.added ? value - other : value / other;
        }
        const reached = goal.least ? value >= bound : value <= bound;
        verdict.push({ text: `${name}, ${point.label}: ${goal.text}: ${value.toFixed(2)} (${goal.least ? 'at least' : 'at most'} ${bound})`, reached });
    }
    return verdict;
}

export function judge(points) {
    return points.flatMap((point) => point.goals.flatMap((goal) => verdicts(points, point, goal)));
}

/** A Markdown table: a line for each point and server, the median and in brackets the least of each figure. */
export function table(bench, points) {
    const first = bench.columns[0];
    const head = ['', 'server', ...bench.columns.map((c) => c.title), 'to uws'];
    const lines = [head, head.map((_, i) => (i < 2 ? '---' : '---:'))];
    for (const point of points) {
        const rival = median(column(point.runs.uws ?? [], first.key));
        for (const [name, runs] of Object.entries(point.runs)) {
            const cells = bench.columns.map(({ key, digits }, i) => {
                const values = column(runs, key).filter((value) => typeof value === 'number');
                const middle = shown(median(values), digits);
                return i === 0 && values.length > 1 ? `${middle} (${shown(Math.min(...values), digits)})` : middle;
            });
            const own = median(column(runs, first.key));
            lines.push([point.label, name, ...cells, rival && own !== undefined ? (own / rival).toFixed(2) : '-']);
        }
    }
    return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Bars of the first column, a group for each point. False when there is no gnuplot. */
export function plot(file, bench, points) {
    const names = Object.keys(points[0].runs);
    const rows = points.map((point) => [`"${point.label}"`, ...names.map((name) => median(column(point.runs[name], bench.columns[0].key)) ?? 0)].join(' '));
    const series = names.map((name, i) => `$data using ${i + 2}:xtic(1) title "${name.replace('_', '\\\\_')}"`);
    const script = [
        `set terminal svg size 900,420 background "white" font "sans-serif,12"`, `set output "${file}"`,
        `set title "${bench.title}"`, `set ylabel "${bench.columns[0].title}"`, 'set yrange [0:*]',
        'set style data histogram', 'set style histogram clustered gap 1', 'set style fill solid 0.8 border -1', 'set grid ytics',
        ...(points.length > 5 ? ['set xtics rotate by -20'] : []),
        '$data << EOD', ...rows, 'EOD', `plot ${series.join(', ')}`,
    ].join('\n');
    try {
        execFileSync('gnuplot', { input: script, stdio: ['pipe', 'ignore', 'pipe'] });
        return true;
    } catch (error) {
        console.error(`no plot: ${error.stderr?.toString().trim() || error.message}`);
        return false;
    }
}
