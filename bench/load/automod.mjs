// SPDX-License-Identifier: Apache-2.0
// What AutoMod's larger model does to a busy channel, whatever its inference server does: how soon the messages are decided
// that it is asked about. Runs beside the load, whose messages it is not asked about and which shows what those pay.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { InferenceWorker } from '../../tools/inference_worker.mjs';
import { kLies, LyingModel } from '../../tools/lying_model.mjs';
import { Chatter, metric, percentile, sleep } from './chatter.mjs';

const kChannel = 'c0000000';
const kSpeakers = 40; // each says something every two seconds, within the limits of a viewer
const kSpeakEveryMs = 2000 / kSpeakers;
const kMessages = 200;
const kPatienceMs = 1000;
/** The built-in classifier is unsure of it. */
const kUnsure = 'that was just dumb';

const kNoModel = 'no model';
/** What becomes of the real worker when it is measured; everything else a liar does. */
const kWorkers = { healthy: () => {}, killed: (worker) => worker.kill(), hung: (worker) => worker.hang() };
export const kModels = [kNoModel, ...Object.keys(kWorkers), ...kLies.filter((lie) => !kWorkers[lie])];

/** The worker is where the load is: a model belongs on other cores than the server. */
async function startWorker() {
    const worker = await InferenceWorker.start();
    if (cpus().length >= 2) spawnSync('taskset', ['-acp', '1', String(worker.child.pid)]);
    return worker;
}

/** For measure(): what the server is told of the model, what is measured beside `viewers` of the load, and the end. */
export async function withModel(kind, viewers) {
    const around = (settings, begin, end) => ({ settings, beside: (port) => measureDecisions(port, viewers, begin), end });
    if (kind === kNoModel) return around('', () => {}, () => {});
    if (kWorkers[kind]) {
        const worker = await startWorker();
        return around(`[automod.model]\nurl = "${worker.url}"\n`, () => kWorkers[kind](worker), () => worker.stop());
    }
    const liar = await LyingModel.start();
    liar.mode = kind;
    return around(`[automod.model]\nurl = "${liar.url}"\nlabels = ["toxic = toxicity"]\n`, () => {}, () => liar.stop());
}

async function setLevels(port) {
    const headers = { authorization: `Bearer ${kChannel}`, 'client-id': 'bench', 'content-type': 'application/json' };
    const users = await (await fetch(`http://127.0.0.1:${port}/helix/users?login=${kChannel}`, { headers })).json();
    const id = users.data[0].id;
    const { status } = await fetch(`http://127.0.0.1:${port}/helix/moderation/automod/settings?broadcaster_id=${id}&moderator_id=${id}`,
        { method: 'PUT', headers, body: '{"overall_level":2}' });
    if (status !== 200) throw new Error(`the level was not set: ${status}`);
}

async function modelCounts(port) {
    const count = (name) => metric(port, `clamor_model_${name}`);
    const [asked, answered, unavailable, waiting] = await Promise.all([count('asked_total'), count('answered_total'), count('unavailable_total'), count('waiting')]);
    return { asked, answered, unavailable, uncounted: asked - answered - unavailable - waiting };
}

async function measureDecisions(port, viewers, begin) {
    const asked = new Map(); // text to when it was said
    const decided = [];
    const decide = (text, now) => {
        if (!asked.has(text)) return;
        decided.push(now - asked.get(text));
        asked.delete(text);
    };
    while ((await metric(port, 'clamor_members').catch(() => 0)) < viewers) await sleep(50);
    await setLevels(port);
    const watcher = new Chatter(port, 'watcher', (line, now) => decide(/ PRIVMSG #\S+ :(that was .*)$/.exec(line)?.[1], now));
    const speakers = Array.from({ length: kSpeakers }, (_, i) => {
        const speaker = new Chatter(port, `speaker${i}`, (line, now) => {
            // Held by both together.
            if (line.includes('msg-id=msg_rejected')) decide(speaker.said, now);
        });
        return speaker;
    });
    await Promise.all([watcher, ...speakers].map(({ ready }) => ready));
    await begin();
    for (let i = 0; i < kMessages; ++i) {
        const speaker = speakers[i % kSpeakers];
        speaker.said = `${kUnsure} ${i}`;
        asked.set(speaker.said, performance.now());
        speaker.send(`PRIVMSG #${kChannel} :${speaker.said}`);
        await sleep(kSpeakEveryMs);
    }
    await sleep(kPatienceMs);
    for (const { socket } of [watcher, ...speakers]) socket.destroy();
    return {
        decided_ms: { p50: percentile(decided, 0.5), p99: percentile(decided, 0.99), most: Math.max(...decided), undecided: asked.size },
        model: await modelCounts(port),
    };
}
