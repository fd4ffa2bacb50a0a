// SPDX-License-Identifier: Apache-2.0
// AutoMod's larger model: the real inference worker beside a real server, and one that lies in every way there is.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { InferenceWorker } from '../../tools/inference_worker.mjs';
import { kLies, LyingModel } from '../../tools/lying_model.mjs';
import { IrcClient } from './irc.mjs';
import { eventually, Server } from './server.mjs';

const kTimeout = { timeout: 120_000 };
const kRoom = 'lagoon';
/** Held by the built-in classifier at level 2, and by both where the larger model does not find it harmless. */
const kHostile = 'you are a stupid idiot';
/** The built-in classifier is unsure of it, and lets it pass at level 2. */
const kUnsure = 'that was just dumb';
const kReasons = ['queue_full', 'breaker_open', 'late', 'unreachable', 'refused', 'nonsense', 'stopped'];

class Chat {
    static async start(model) {
        const chat = new Chat();
        chat.server = await Server.start({ config: { 'automod.model': model, limits: { messages_viewer: 10_000 } } });
        chat.clients = [];
        await (await IrcClient.login(chat.server, kRoom, { channels: [kRoom] })).close();
        const owner = (await chat.rest('GET', `/helix/users?login=${kRoom}`)).json.data[0].id;
        await chat.rest('PUT', `/helix/moderation/automod/settings?broadcaster_id=${owner}&moderator_id=${owner}`, { overall_level: 2 });
        return chat;
    }
    async stop() {
        for (const client of this.clients) await client.close();
        await this.server.stop();
    }
    async rest(method, path, body) {
        const answer = await this.server.get(path, {
            method,
            headers: { authorization: `Bearer ${kRoom}`, 'client-id': 'e2e', 'content-type': 'application/json', connection: 'close' },
            body: body && JSON.stringify(body),
        });
        assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
        return answer;
    }
    async login(nick) {
        const client = await IrcClient.login(this.server, nick, { channels: [kRoom] });
        this.clients.push(client);
        return client;
    }
    /** Says what is held, and gives the finding that holds it. */
    async held(client, text) {
        client.say(kRoom, text);
        await client.lines.next((line) => line.includes('msg-id=msg_rejected '));
        const { json } = await this.rest('GET', `/api/channels/${kRoom}/automod/held`);
        const one = json.held.find((message) => message.text === text);
        assert.ok(one, `${text} is among the held ones`);
        const verdict = (await this.rest('GET', `/api/channels/${kRoom}/automod/verdicts/${one.id}`)).json;
        assert.equal(verdict.findings.length, 1);
        return verdict.findings[0];
    }
    async counts() {
        const counts = { asked: await this.server.metric('clamor_model_asked_total'), answered: await this.server.metric('clamor_model_answered_total') };
        for (const reason of kReasons) counts[reason] = await this.server.metric('clamor_model_unavailable_total', { reason });
        return counts;
    }
    /** Whatever was asked is answered, or was not for one reason. */
    async allCounted() {
        const { asked, ...became } = await this.counts();
        assert.equal(Object.values(became).reduce((a, b) => a + b), asked, JSON.stringify(became));
        assert.equal(await this.server.metric('clamor_model_waiting'), 0);
    }
}

describe('the inference worker', () => {
    let worker;
    let chat;
    before(async () => {
        worker = await InferenceWorker.start();
        // A machine that is busy with tests may take longer than the default of 150 ms.
        chat = await Chat.start({ url: worker.url, deadline_ms: 2000, breaker_failures: 2, breaker_pause_ms: 100, breaker_pause_max_ms: 100 });
    });
    after(async () => {
        await chat?.stop();
        await worker?.stop();
    });
    const nameIs = async (version) => (await chat.server.get('/metrics')).text.includes(`clamor_model_info{model="${worker.name}",version="${version}"} 1`);

    test('is asked, and findings name its model and version', kTimeout, async () => {
        await eventually(() => nameIs(worker.version), 'the server knows which model it is');
        const vic = await chat.login('vic');
        const finding = await chat.held(vic, kHostile);
        assert.equal(finding.source, 'model');
        assert.equal(finding.rule, worker.name);
        assert.equal(finding.version, worker.version);
        assert.ok(finding.score > 0.7 && finding.score < 1);
        assert.equal((await chat.counts()).answered, 1);
        await chat.allCounted();
    });

    test('may be killed, hang, and come back with another model', kTimeout, async () => {
        const val = await chat.login('val');
        const watcher = await chat.login('watcher');
        worker.hang();
        assert.equal((await chat.held(val, `${kHostile} one`)).source, 'classifier');
        await val.sayStored(kRoom, 'hello while it hangs');
        await watcher.hears('hello while it hangs');
        await worker.kill();
        assert.equal((await chat.held(val, `${kHostile} two`)).source, 'classifier');
        const { late, unreachable, queue_full, breaker_open } = await chat.counts();
        assert.ok(late >= 1, 'the one that hung');
        assert.ok(unreachable + queue_full + breaker_open >= 1, 'the one that was dead');

        const old = worker.version;
        worker.makeModel(2);
        assert.notEqual(worker.version, old);
        await worker.restart();
        let number = 0;
        const finding = await eventually(async () => {
            const found = await chat.held(val, `${kHostile} again ${number++}`);
            return found.source === 'model' && found.version === worker.version && found;
        }, 'it is asked again, and is known by its new version', 60_000, 200);
        assert.equal(finding.rule, worker.name);
        await chat.allCounted();
    });
});

describe('an inference server that lies', () => {
    let model;
    let chat;
    before(async () => {
        model = await LyingModel.start();
        chat = await Chat.start({ url: model.url, breaker_failures: 1000, deadline_ms: 700, labels: ['toxic = toxicity'] });
    });
    after(async () => {
        await chat?.stop();
        await model?.stop();
    });

    const expected = { slow: ['late'], hung: ['late'], error: ['refused'], rubbish: ['nonsense'], 'wrong count': ['nonsense'], 'NaN scores': ['nonsense'], killed: ['unreachable'] };
    let number = 0;
    for (const mode of [...kLies, 'killed']) {
        test(`${mode}: the built-in verdict stands, it is counted, and other messages flow`, kTimeout, async () => {
            const before = await chat.counts();
            const vera = await chat.login(`vera${++number}`);
            const other = await chat.login(`other${number}`);
            const watcher = await chat.login(`watcher${number}`);
            model.mode = mode;
            if (mode === 'killed') await model.stop();
            vera.say(kRoom, `${kUnsure} ${number}`);
            vera.say(kRoom, `and behind it ${number}`);
            for (let i = 0; i < 5; ++i) await other.sayStored(kRoom, `nothing to see here ${number} ${i}`);
            await watcher.hears(`nothing to see here ${number} 4`);
            await eventually(() => watcher.lines.count(`:and behind it ${number}`) === 1, 'all of it is heard, in order');
            assert.equal(watcher.lines.count(`:${kUnsure} ${number}`), 1);
            const held = await chat.held(vera, `${kHostile} ${number}`);
            assert.equal(held.source, 'classifier');
            assert.equal(held.version, 'builtin-1');

            const now = await chat.counts();
            const grown = Object.fromEntries(Object.keys(now).map((key) => [key, now[key] - before[key]]).filter(([, by]) => by > 0));
            assert.equal(grown.asked, 2, 'the two that it was unsure of');
            assert.deepEqual(Object.keys(grown).sort(), ['asked', ...expected[mode]].sort());
            await chat.allCounted();
        });
    }
});
