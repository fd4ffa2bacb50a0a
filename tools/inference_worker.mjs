// SPDX-License-Identifier: Apache-2.0
// The real inference worker of inference/, in a process of its own, on a model of random weights: for tests and benchmarks.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kStartTimeout = 60_000;
const built = (path) => join(dirname(fileURLToPath(import.meta.url)), '../inference/dist', path);
const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

export class InferenceWorker {
    /** Makes a model and serves it. The weights, and with them the scores, depend on `seed` alone. */
    static async start({ seed = 1, listen = '127.0.0.1:0' } = {}) {
        const worker = new InferenceWorker();
        worker.folder = mkdtempSync(join(tmpdir(), 'clamor-model-'));
        worker.listen = listen;
        worker.makeModel(seed);
        await worker.restart();
        return worker;
    }

    makeModel(seed) {
        const { status, stderr } = spawnSync(process.execPath, [built('tools/tiny_model.js'), this.folder, '--seed', String(seed)], { encoding: 'utf8' });
        if (status !== 0) throw new Error(`the model was not made: ${stderr}`);
        this.name = basename(this.folder);
        this.version = createHash('sha256').update(readFileSync(join(this.folder, 'onnx/model.onnx'))).digest('hex');
    }

    async restart() {
        const child = spawn(process.execPath, [built('src/main.js'), '--model', this.folder, '--listen', this.listen], { stdio: ['ignore', 'pipe', 'inherit'] });
        this.child = child;
        running.add(child);
        child.on('close', () => running.delete(child));
        let out = '';
        this.url = await new Promise((done, fail) => {
            const late = setTimeout(fail, kStartTimeout, new Error('the inference worker does not come up'));
            child.on('close', (code) => fail(new Error(`the inference worker ended with ${code}: ${out}`)));
            child.stdout.setEncoding('utf8').on('data', (text) => {
                const found = (out += text).match(/^listening on (.*)$/m);
                if (!found) return;
                clearTimeout(late);
                done(found[1]);
            });
        });
        // Another life is at the same address.
        this.listen = this.url.replace('http://', '');
    }

    async kill(signal = 'SIGKILL') {
        const closed = new Promise((done) => this.child.on('close', done));
        this.child.kill(signal);
        await closed;
    }
    /** Neither answers nor hangs up any more. */
    hang() {
        this.child.kill('SIGSTOP');
    }
    goOn() {
        this.child.kill('SIGCONT');
    }

    async stop() {
        this.goOn();
        if (running.has(this.child)) await this.kill();
        rmSync(this.folder, { recursive: true, force: true });
    }
}
