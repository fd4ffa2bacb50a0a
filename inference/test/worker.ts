// SPDX-License-Identifier: Apache-2.0
// The real worker in a process of its own, on a model of random weights.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const folders: string[] = [];
const children: ChildProcess[] = [];
process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone when the process ends. */
export function scratch(): string {
    const folder = mkdtempSync(join(tmpdir(), 'clamor-inference-'));
    folders.push(folder);
    return folder;
}

export function makeModel(...args: string[]): string {
    const folder = scratch();
    const { status, stderr } = spawnSync(process.execPath, [built('tools/tiny_model.js'), folder, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return folder;
}

/** What the worker says when it does not come up. */
export function failure(...args: string[]): { status: number | null; stderr: string } {
    const { status, stderr } = spawnSync(process.execPath, [built('src/main.js'), ...args], { encoding: 'utf8', timeout: 60_000 });
    return { status, stderr };
}

export interface Prediction {
    score: number;
    label: string;
}
export interface Reply {
    status: number;
    body: string;
}

export class Worker {
    private constructor(readonly child: ChildProcess, readonly address: string) {}

    static async start(model: string, ...args: string[]): Promise<Worker> {
        const child = spawn(process.execPath, [built('src/main.js'), '--model', model, '--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
        children.push(child);
        let output = '';
        const address = await new Promise<string>((resolve, reject) => {
            child.stdout!.setEncoding('utf8').on('data', (part: string) => {
                output += part;
                const found = /^listening on (.*)$/m.exec(output);
                if (found) resolve(found[1]!);
            });
            child.on('exit', (code) => reject(new Error(`the worker ended with ${code}: ${output}`)));
        });
        return new Worker(child, address);
    }

    ask(path: string, { method = 'GET', body }: { method?: string; body?: string | undefined } = {}): Promise<Reply> {
        const where = this.address.startsWith('unix:') ? { socketPath: this.address.slice(5) } : { host: '127.0.0.1', port: new URL(this.address).port };
        return new Promise((resolve, reject) => {
            const asked = request({ ...where, path, method }, (response) => {
                let text = '';
                response.setEncoding('utf8').on('data', (part: string) => { text += part; });
                response.on('end', () => resolve({ status: response.statusCode!, body: text }));
            });
            asked.on('error', reject);
            asked.end(body);
        });
    }

    async predict(inputs: unknown, more: object = {}): Promise<unknown> {
        const { status, body } = await this.ask('/predict', { method: 'POST', body: JSON.stringify({ inputs, ...more }) });
        if (status !== 200) throw new Error(`${status}: ${body}`);
        return JSON.parse(body);
    }
    /** Asks about texts as a batch, and gives the scores of each by label. */
    async scores(texts: string[], more: object = {}): Promise<Record<string, number>[]> {
        const answer = await this.predict(texts.map((text) => [text]), more);
        return (answer as Prediction[][]).map((all) => Object.fromEntries(all.map(({ label, score }) => [label, score])));
    }

    /** The exit code. */
    stop(): Promise<number | null> {
        return new Promise((resolve) => {
            this.child.removeAllListeners('exit');
            this.child.on('exit', resolve);
            this.child.kill('SIGTERM');
        });
    }
}
