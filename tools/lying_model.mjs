// SPDX-License-Identifier: Apache-2.0
// An inference server that does what it is told to with each question, for tests and benchmarks of what AutoMod makes of
// it: it may answer well, late, never, or nonsense. Finds every text equally toxic.
import { createServer } from 'node:http';

const kSlowMs = 1000;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const answers = (texts, score) => texts.map(() => [{ label: 'toxic', score }]);

/** What it can do; each gets the texts and the response. The label `toxic` is the only one. */
const kModes = {
    healthy: (texts, response, { score }) => response.end(JSON.stringify(answers(texts, score))),
    slow: async (texts, response, { score }) => {
        await sleep(kSlowMs);
        response.end(JSON.stringify(answers(texts, score)));
    },
    hung: () => {},
    error: (texts, response) => response.writeHead(500).end('{"error":"out of memory"}'),
    rubbish: (texts, response) => response.end('<html>it works!</html>'),
    'wrong count': (texts, response, { score }) => response.end(JSON.stringify([...answers(texts, score), ...answers(['one more'], score)])),
    'NaN scores': (texts, response) => response.end(JSON.stringify(answers(texts, 'X')).replaceAll('"X"', 'NaN')),
};
export const kLies = Object.keys(kModes).filter((mode) => mode !== 'healthy');

export class LyingModel {
    mode = 'healthy';
    score = 0.5;
    /** Texts that it was asked about. */
    asked = 0;

    static async start() {
        const model = new LyingModel();
        model.server = createServer((request, response) => void model.#answer(request, response));
        await new Promise((done) => model.server.listen(0, '127.0.0.1', done));
        model.url = `http://127.0.0.1:${model.server.address().port}`;
        return model;
    }

    async #answer(request, response) {
        response.setHeader('content-type', 'application/json');
        if (request.url === '/info') return void response.end('{"model_id":"liar","model_sha":"1"}');
        let body = '';
        for await (const part of request.setEncoding('utf8')) body += part;
        const texts = JSON.parse(body).inputs.flat();
        this.asked += texts.length;
        await kModes[this.mode](texts, response, this);
    }

    async stop() {
        const closed = new Promise((done) => this.server.close(done));
        this.server.closeAllConnections();
        await closed;
    }
}
