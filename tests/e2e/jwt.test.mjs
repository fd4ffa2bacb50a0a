// SPDX-License-Identifier: Apache-2.0
// Tokens on a server without development mode: JWTs that the "platform" of this test signs, and those of `clamor token`.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tmi from 'tmi.js';
import { IrcClient } from './irc.mjs';
import { eventually, exitSoon, runClamor, Server } from './server.mjs';
import { api, listen, point, skip as noTwurple, stopListening, subscribed } from './twurple_api.mjs';

const kTimeout = { timeout: 40_000 };
const kIssuer = 'https://tv.example';
const kAudience = 'chat';
const kChat = 'chat:read chat:edit';

const folder = mkdtempSync(join(tmpdir(), 'clamor-jwt-'));
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const file = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
};
const privateFile = file('private.pem', ed.privateKey.export({ type: 'pkcs8', format: 'pem' }));
const publicFile = file('platform.pem', ed.publicKey.export({ type: 'spki', format: 'pem' }));
const clientSecret = 'a secret that nobody guesses';
const secretFile = file('panel.secret', `${clientSecret}\n`);

let jwksAsked = 0;
const platform = createServer((request, response) => {
    ++jwksAsked;
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify({ keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'published', alg: 'RS256', use: 'sig' }] }));
});

let server;
const bots = [];

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
/** A JWT as a platform makes it, with nothing of clamor's in it. */
function jwt(claims, { key = ed.privateKey, kid = 'platform', alg = 'EdDSA', seconds = 600 } = {}) {
    const payload = { iss: kIssuer, aud: kAudience, exp: Math.floor(Date.now() / 1000) + seconds, client_id: 'e2e', ...claims };
    const text = `${encode({ alg, kid })}.${encode(payload)}`;
    return `${text}.${sign(alg === 'RS256' ? 'sha256' : null, Buffer.from(text), key).toString('base64url')}`;
}
const folded = (token) => Buffer.from(token).toString('hex');

/** Why somebody is not let in; 'in' when they are. */
async function outcome(login, token) {
    const client = await IrcClient.connect(server.irc);
    client.send(`PASS oauth:${token}`, `NICK ${login}`);
    const line = await client.lines.next(/ 376 | NOTICE \* :/);
    await client.close();
    return line.command === 'NOTICE' ? line.text : 'in';
}
const validate = (token) => server.get('/oauth2/validate', { headers: { authorization: `OAuth ${token}`, connection: 'close' } });
const post = (path, form) =>
    server.get(path, { method: 'POST', body: new URLSearchParams(form), headers: { connection: 'close', 'content-type': 'application/x-www-form-urlencoded' } });
const clamor = (...args) => {
    const { status, stdout, stderr } = runClamor(...args);
    assert.equal(status, 0, stderr);
    return stdout.trimEnd();
};

before(async () => {
    await new Promise((done) => platform.listen(0, '127.0.0.1', done));
    server = await Server.start({
        dev: false,
        config: {
            auth: {
                jwt_keys: [publicFile],
                jwks_url: `http://127.0.0.1:${platform.address().port}/jwks.json`,
                jwt_issuer: kIssuer,
                jwt_audience: kAudience,
                clients: [{ id: 'panel', secret_file: secretFile }],
            },
            limits: { connections_per_address: 1000 },
        },
    });
    point(server);
    clamor('channel', 'add', 'jwtroom', '--data', server.data);
});
after(async () => {
    exitSoon();
    stopListening();
    for (const bot of bots) await bot.disconnect().catch(() => {});
    await server?.stop();
    platform.close();
    rmSync(folder, { recursive: true, force: true });
});

test('a JWT logs in, and its claims show as name and badges', kTimeout, async () => {
    const viewer = await IrcClient.login(server, 'justinfan4711', { channels: ['jwtroom'] });
    const token = jwt({
        login: 'jane', display_name: 'Jane', scope: kChat, turbo: true,
        channels: { jwtroom: { role: 'moderator', subscriber: { tier: 2, months: 14 }, badges: ['founder/0', 'fan/3'], follow: '2024-01-01T00:00:00Z' } },
    });
    const jane = await IrcClient.login(server, 'jane', { token, channels: ['jwtroom'] });
    await jane.sayStored('jwtroom', 'I have a sword');
    const { tags } = await viewer.hears('I have a sword');
    assert.equal(tags['display-name'], 'Jane');
    assert.equal(tags.mod, '1');
    assert.equal(tags.subscriber, '1');
    // The first ten subscribers of a channel are its founders; a badge that is claimed as well is shown once.
    assert.equal(tags.badges, 'moderator/1,founder/0,fan/3,turbo/1');
    assert.equal(tags['badge-info'], 'founder/14');
    await jane.close();
    await viewer.close();
});

test('tmi.js, which makes every token lower case, logs in with the folded form', kTimeout, async () => {
    const bot = new tmi.Client({
        options: { skipUpdatingEmotesets: true, joinInterval: 300 },
        connection: { server: '127.0.0.1', port: server.http, secure: false, reconnect: false },
        identity: { username: 'tmijwt', password: `oauth:${folded(jwt({ login: 'tmijwt', scope: kChat }))}` },
        channels: [],
        logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
    });
    bots.push(bot);
    await bot.connect();
    assert.deepEqual(await bot.join('jwtroom'), ['#jwtroom']);
    await bot.say('jwtroom', 'hello with a JWT');
});

test('@twurple/api asks with a JWT', { ...kTimeout, skip: noTwurple }, async () => {
    const token = jwt({ login: 'jwtroom', scope: 'chat:read moderator:read:chatters moderator:manage:announcements' });
    const client = api(token);
    const me = await client.users.getUserByName('jwtroom');
    assert.equal(me.name, 'jwtroom');
    await client.asUser(me.id, (ctx) => ctx.chat.sendAnnouncement(me.id, { message: 'signed' }));
    await assert.rejects(client.asUser(me.id, (ctx) => ctx.chat.sendChatMessage(me.id, 'no scope')), /user:write:chat/);
});

test('the published JWK set counts, and validate says what a token is', kTimeout, async () => {
    const token = jwt({ login: 'rita', scope: kChat }, { key: rsa.privateKey, kid: 'published', alg: 'RS256' });
    assert.equal(await outcome('rita', token), 'in');
    const { json } = await validate(token);
    assert.deepEqual({ ...json, user_id: undefined }, { client_id: 'e2e', login: 'rita', scopes: kChat.split(' '), user_id: undefined, expires_in: json.expires_in });
    assert.ok(json.expires_in > 590 && json.expires_in <= 600, `${json.expires_in}`);
    assert.ok(jwksAsked >= 1 && jwksAsked <= 2, `asked ${jwksAsked} times`);
    assert.equal(await server.metric('clamor_jwt_keys'), 2);
});

test('what is not right is refused', kTimeout, async () => {
    const failed = 'Login authentication failed';
    const good = { login: 'eve', scope: kChat };
    assert.equal(await outcome('eve', jwt(good)), 'in');
    assert.equal(await outcome('mallory', jwt(good)), failed, 'of somebody else');
    assert.equal(await outcome('eve', jwt(good, { seconds: -1 })), failed, 'expired');
    assert.equal(await outcome('eve', jwt({ ...good, aud: 'video' })), failed, 'for others');
    assert.equal(await outcome('eve', jwt({ ...good, iss: 'https://evil.example' })), failed, 'of others');
    assert.equal(await outcome('eve', jwt({ ...good, turbo: 'yes' })), failed, 'a wrong claim');
    assert.equal(await outcome('eve', jwt({ ...good, scope: 'user:read:email' })), failed, 'not for chat');
    assert.equal(await outcome('eve', jwt(good, { kid: 'nobody' })), failed, 'an unknown key');
    assert.equal(await outcome('eve', jwt(good, { key: generateKeyPairSync('ed25519').privateKey })), failed, "somebody else's key");
    const unsigned = `${encode({ alg: 'none', kid: 'platform' })}.${encode({ ...good, exp: 4e9, iss: kIssuer, aud: kAudience })}.`;
    assert.equal(await outcome('eve', unsigned), failed, 'no signature');
    const text = `${encode({ alg: 'HS256', kid: 'platform' })}.${encode({ ...good, exp: 4e9, iss: kIssuer, aud: kAudience })}`;
    const pem = ed.publicKey.export({ type: 'spki', format: 'pem' });
    assert.equal(await outcome('eve', `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`), failed, 'the public key as a secret');
    assert.equal((await validate(unsigned)).status, 401);
    assert.match(server.log, /the claim 'turbo' must be true or false/);
    assert.ok((await server.metric('clamor_tokens_refused_total', { reason: 'jwt_signature' })) >= 1);
});

test('revocation closes the sessions, by REST and from the command line', kTimeout, async () => {
    for (const how of ['rest', 'cli']) {
        const token = jwt({ login: `rev${how}`, scope: kChat });
        const other = await IrcClient.login(server, `rev${how}`, { token: jwt({ login: `rev${how}`, scope: kChat }, { seconds: 601 }) });
        const client = await IrcClient.login(server, `rev${how}`, { token, channels: ['jwtroom'] });
        if (how === 'rest') {
            assert.equal((await post('/oauth2/revoke', { client_id: 'other', token })).status, 400);
            assert.equal((await post('/oauth2/revoke', { client_id: 'e2e', token })).status, 200);
        } else {
            assert.match(clamor('token', 'revoke', token, '--data', server.data), /revoked/);
        }
        await client.lines.next('NOTICE * :Login authentication failed', 10_000);
        await client.closed;
        assert.equal(await outcome(`rev${how}`, token), 'Login authentication failed');
        assert.equal((await validate(token)).status, 401);
        await other.alive();
        await other.close();
    }
});

test('revocation ends the EventSub subscriptions that a JWT made', { ...kTimeout, skip: noTwurple }, async () => {
    const token = jwt({ login: 'evsub', scope: 'user:read:chat', channels: { evsub: {} } });
    const client = api(token);
    const me = await client.users.getUserByName('evsub');
    const listener = listen(client);
    await subscribed(listener, 'onChannelChatMessage', me.id, me.id);
    const revoked = new Promise((done) => listener.onRevoke((_, status) => done(status)));
    assert.equal((await post('/oauth2/revoke', { client_id: 'e2e', token })).status, 200);
    assert.equal(await revoked, 'authorization_revoked');
});

test('a token that expires ends its session', kTimeout, async () => {
    const client = await IrcClient.login(server, 'shortlived', { token: jwt({ login: 'shortlived', scope: kChat }, { seconds: 2 }) });
    await client.lines.next('NOTICE * :Login authentication failed', 10_000);
    await client.closed;
    await eventually(async () => (await server.metric('clamor_tokens_expired_total')) >= 1, 'it is counted');
});

test('`clamor token mint-jwt` signs what the server takes', kTimeout, async () => {
    const args = ['token', 'mint-jwt', 'minty', '--key', privateFile, '--kid', 'platform', '--issuer', kIssuer, '--audience', kAudience, '--client-id', 'cli'];
    assert.equal(await outcome('minty', clamor(...args)), 'in');
    assert.equal(await outcome('minty', clamor(...args, '--folded')), 'in');
    assert.equal((await validate(clamor(...args))).json.client_id, 'cli');
    const wrong = runClamor(...args, '--claims', '{"channels":{"jwtroom":{"role":"king"}}}');
    assert.equal(wrong.status, 1);
    assert.match(wrong.stderr, /the claim 'role' must be/);
});

test('`clamor token` makes, lists and revokes a token of a client', kTimeout, async () => {
    const data = ['--data', server.data];
    const token = clamor('token', 'create', 'clio', '--client-id', 'mybot', '--scopes', 'chat:read,chat:edit', '--days', '3', '--label', 'for clio', ...data).split('\n')[0];
    const client = await IrcClient.login(server, 'clio', { token });
    assert.match(clamor('token', 'list', 'clio', ...data), /^for clio\tmybot\tchat:read,chat:edit\t\d{4}-\d\d-\d\d\texpires \d{4}-\d\d-\d\d$/);
    const users = (id) => server.get('/helix/users', { headers: { authorization: `Bearer ${token}`, 'client-id': id, connection: 'close' } });
    assert.equal((await users('mybot')).json.data[0].login, 'clio');
    assert.equal((await users('other')).status, 401);
    clamor('token', 'revoke', token, ...data);
    await client.closed;
    assert.equal((await users('mybot')).status, 401);
    assert.equal(runClamor('token', 'revoke', token, ...data).status, 1);
});

test('a client gets an app token for its secret, and the platform has one of its own', kTimeout, async () => {
    const ask = (client_secret) => post('/oauth2/token', { grant_type: 'client_credentials', client_id: 'panel', client_secret });
    assert.equal((await ask('wrong secret of one')).status, 403);
    const { json } = await ask(clientSecret);
    assert.equal((await validate(json.access_token)).json.client_id, 'panel');
    const app = clamor('token', 'create', '--app', '--scopes', 'clamor:platform', '--data', server.data).split('\n')[0];
    const put = (token) =>
        server.get('/api/platform/users/planted', { method: 'PUT', body: '{"display_name":"Planted"}', headers: { authorization: `Bearer ${token}`, connection: 'close' } });
    assert.equal((await put(app)).json.display_name, 'Planted');
    assert.equal((await put(jwt({ scope: 'clamor:platform' }))).status, 200);
    assert.equal((await put(json.access_token)).status, 401);
});

test('/oauth2 has an end', kTimeout, async () => {
    let limited;
    // It refills while this asks.
    for (let i = 0; i < 1000 && !limited; ++i) {
        const answer = await post('/oauth2/token', {});
        if (answer.status === 429) limited = answer;
    }
    assert.match(limited.headers.get('retry-after'), /^\d+$/);
    assert.ok((await server.metric('clamor_requests_limited_total', { limit: 'oauth' })) >= 1);
});
