// SPDX-License-Identifier: Apache-2.0
// EventSub as bots use it: webhooks against a real HTTP server, and twurple's listener through reconnects, restarts and revocations.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { IrcClient } from './irc.mjs';
import { kSecret, Receiver } from './receiver.mjs';
import { eventually, exitSoon, Server, sleep } from './server.mjs';
import { api, listen, point, skip, stopListening, subscribed } from './twurple_api.mjs';

const kTimeout = { timeout: 60_000 };
const kTwurple = { timeout: 60_000, skip };
let server;

before(async () => {
    server = await Server.start({ config: { limits: { raid_countdown_s: 3 } } });
    point(server);
});
after(async () => {
    exitSoon();
    stopListening();
    Receiver.closeAll();
    await server?.stop();
});

const rest = (method, path, login, body, on = server) => on.get(path, {
    method,
    headers: { authorization: `Bearer ${login}`, 'client-id': 'e2e', 'content-type': 'application/json', connection: 'close' },
    body: body && JSON.stringify(body),
});
const platform = (path, body, method = 'POST') => rest(method, `/api/platform/${path}`, 'app', body);
const idOf = async (login) => (await rest('GET', `/helix/users?login=${login}`, login)).json.data[0].id;

/** Subscribes `login` to what happens in their own channel; the answer of the server. */
async function hook(receiver, login, type = 'channel.chat.message') {
    const id = await idOf(login);
    const answer = await rest('POST', '/helix/eventsub/subscriptions', login, {
        type, version: '1',
        condition: type === 'channel.chat.message' ? { broadcaster_user_id: id, user_id: id } : { broadcaster_user_id: id },
        transport: { method: 'webhook', callback: receiver.url, secret: kSecret },
    });
    assert.equal(answer.status, 202, answer.text);
    return answer.json.data[0];
}
async function statusOf(id, login) {
    const { json } = await rest('GET', `/helix/eventsub/subscriptions?subscription_id=${id}`, login);
    return json.data[0]?.status;
}
async function enabled(receiver, login, type) {
    const made = await hook(receiver, login, type);
    assert.equal(made.status, 'webhook_callback_verification_pending');
    await eventually(async () => (await statusOf(made.id, login)) === 'enabled', 'the webhook is verified');
    return made;
}

test('a webhook is challenged, then told what happens, signed, until it is deleted', kTimeout, async () => {
    const receiver = await Receiver.start();
    const made = await enabled(receiver, 'hookroom');
    assert.deepEqual(made.transport, { method: 'webhook', callback: receiver.url });
    const [challenge] = receiver.posts;
    assert.equal(challenge.signed, true);
    assert.equal(challenge.subscription, 'channel.chat.message');
    assert.equal(challenge.body.subscription.id, made.id);

    const owner = await IrcClient.login(server, 'hookroom', { channels: ['hookroom'] });
    const { tags } = await owner.sayStored('hookroom', 'hello hook');
    const post = await eventually(() => receiver.notifications[0], 'the message is posted');
    assert.equal(post.signed, true, 'HMAC-SHA256 of id, timestamp and body');
    assert.equal(post.retry, 0);
    assert.equal(post.body.event.message_id, tags.id);
    assert.equal(post.body.event.message.text, 'hello hook');
    assert.equal(post.body.subscription.status, 'enabled');
    assert.deepEqual(post.body.subscription.transport, { method: 'webhook', callback: receiver.url });
    assert.ok(!JSON.stringify(receiver.posts).includes(kSecret), 'the secret is never sent');

    assert.equal((await rest('DELETE', `/helix/eventsub/subscriptions?id=${made.id}`, 'hookroom')).status, 204);
    await owner.sayStored('hookroom', 'nobody listens');
    await sleep(300);
    assert.equal(receiver.notifications.length, 1);
    await owner.close();
});

test('a notification that was not taken comes again with the same id, and in order', kTimeout, async () => {
    const receiver = await Receiver.start();
    await enabled(receiver, 'retryroom');
    receiver.answer = (post) => (post.retry < 2 && post.body.event.message.text === 'one' ? 500 : 200);
    const owner = await IrcClient.login(server, 'retryroom', { channels: ['retryroom'] });
    await owner.sayStored('retryroom', 'one');
    await owner.sayStored('retryroom', 'two');
    const told = await eventually(() => receiver.notifications.length === 4 && receiver.notifications, 'three tries and the next one');
    assert.deepEqual(told.map(({ retry }) => retry), [0, 1, 2, 0]);
    assert.deepEqual(told.map(({ body }) => body.event.message.text), ['one', 'one', 'one', 'two']);
    assert.equal(new Set(told.slice(0, 3).map(({ id }) => id)).size, 1, 'a receiver knows the copy by its id');
    assert.notEqual(told[3].id, told[0].id);
    assert.ok(told.every(({ signed }) => signed));
    await owner.close();
});

test('a webhook that takes nothing is told that it is over', kTimeout, async () => {
    const receiver = await Receiver.start();
    const made = await enabled(receiver, 'failroom');
    receiver.answer = (post) => (post.type === 'notification' ? 503 : 204);
    const owner = await IrcClient.login(server, 'failroom', { channels: ['failroom'] });
    await owner.sayStored('failroom', 'is anybody there');
    const [revocation] = await eventually(() => receiver.of('revocation').length && receiver.of('revocation'), 'it is revoked', 20_000, 100);
    assert.equal(receiver.notifications.length, 6);
    assert.equal(revocation.signed, true);
    assert.equal(revocation.body.subscription.id, made.id);
    assert.equal(revocation.body.subscription.status, 'notification_failures_exceeded');
    assert.equal(await statusOf(made.id, 'failroom'), 'notification_failures_exceeded');
    await owner.sayStored('failroom', 'nobody is');
    await sleep(200);
    assert.equal(receiver.notifications.length, 6);
    await owner.close();
});

test('a callback that does not answer the challenge is told nothing', kTimeout, async () => {
    const receiver = await Receiver.start();
    receiver.challenge = (challenge) => `"${challenge}"`;
    const made = await hook(receiver, 'wrongroom');
    await eventually(async () => (await statusOf(made.id, 'wrongroom')) === 'webhook_callback_verification_failed', 'it is refused');
    const owner = await IrcClient.login(server, 'wrongroom', { channels: ['wrongroom'] });
    await owner.sayStored('wrongroom', 'a secret');
    await sleep(200);
    assert.deepEqual(receiver.posts.map(({ type }) => type), ['webhook_callback_verification']);
    receiver.challenge = (challenge) => challenge;
    assert.equal((await hook(receiver, 'wrongroom')).status, 'webhook_callback_verification_pending', 'it may try again');
    await owner.close();
});

test('a webhook is told that its right has ended', kTimeout, async () => {
    const receiver = await Receiver.start();
    const made = await enabled(receiver, 'revokeroom', 'channel.ban');
    assert.equal((await server.get('/oauth2/revoke?client_id=e2e&token=revokeroom', { method: 'POST' })).status, 200);
    const [revocation] = await eventually(() => receiver.of('revocation').length && receiver.of('revocation'), 'it is revoked');
    assert.equal(revocation.body.subscription.id, made.id);
    assert.equal(revocation.body.subscription.status, 'authorization_revoked');
});

test('a webhook outlasts a restart and is not challenged again', kTimeout, async () => {
    const own = await Server.start();
    try {
        const receiver = await Receiver.start();
        const id = (await rest('GET', '/helix/users?login=lasting', 'lasting', undefined, own)).json.data[0].id;
        const made = (await rest('POST', '/helix/eventsub/subscriptions', 'lasting', {
            type: 'channel.chat.message', version: '1', condition: { broadcaster_user_id: id, user_id: id },
            transport: { method: 'webhook', callback: receiver.url, secret: kSecret },
        }, own)).json.data[0];
        const listed = async () => (await rest('GET', '/helix/eventsub/subscriptions', 'lasting', undefined, own)).json.data;
        await eventually(async () => (await listed())[0].status === 'enabled', 'the webhook is verified');
        await own.terminate();
        await own.restart();
        assert.deepEqual(await listed(), [{ ...made, status: 'enabled' }]);
        const owner = await IrcClient.login(own, 'lasting', { channels: ['lasting'] });
        await owner.sayStored('lasting', 'still here');
        const post = await eventually(() => receiver.notifications[0], 'the message is posted');
        assert.equal(post.signed, true, 'the secret is kept as it was given');
        assert.equal(post.body.event.message.text, 'still here');
        assert.equal(receiver.of('webhook_callback_verification').length, 1);
        await rest('DELETE', `/helix/eventsub/subscriptions?id=${made.id}`, 'lasting', undefined, own);
        await owner.close();
        await own.terminate();
        await own.restart();
        assert.deepEqual(await listed(), []);
    } finally {
        await own.stop();
    }
});

test('outside of development mode callbacks must be at public addresses', kTimeout, async () => {
    const receiver = await Receiver.start();
    const own = await Server.start({ dev: false });
    try {
        assert.equal(own.run('channel', 'add', 'prodroom', '--data', own.data).status, 0);
        const token = own.run('token', 'create', 'prodroom', '--scope', 'channel:moderate', '--data', own.data).stdout.match(/[a-z0-9]{20,}/)[0];
        const validated = await own.get('/oauth2/validate', { headers: { authorization: `OAuth ${token}`, connection: 'close' } });
        assert.equal(validated.status, 200, validated.text);
        for (const callback of [
            receiver.url, receiver.url.replace('http:', 'https:'), 'https://localhost/', 'https://10.0.0.1/', 'https://[::1]/', 'https://169.254.169.254/',
        ]) {
            const answer = await rest('POST', '/helix/eventsub/subscriptions', token, {
                type: 'channel.ban', version: '1', condition: { broadcaster_user_id: validated.json.user_id },
                transport: { method: 'webhook', callback, secret: kSecret },
            }, own);
            assert.equal(answer.status, 400, `${callback}: ${answer.text}`);
        }
        // A number that only a resolver takes for an address is caught when it comes to connecting.
        const answer = await rest('POST', '/helix/eventsub/subscriptions', token, {
            type: 'channel.ban', version: '1', condition: { broadcaster_user_id: validated.json.user_id },
            transport: { method: 'webhook', callback: `https://2130706433:${receiver.server.address().port}/`, secret: kSecret },
        }, own);
        assert.equal(answer.status, 202, answer.text);
        await eventually(async () => {
            const { json } = await rest('GET', '/helix/eventsub/subscriptions', token, undefined, own);
            return json.data[0].status === 'webhook_callback_verification_failed';
        }, 'it is refused');
        assert.deepEqual(receiver.posts, []);
    } finally {
        await own.stop();
    }
});

/** Connects to /ws: the session of the first frame, the code with which the server closed, or the status with which it refused. */
function welcomed(query, said) {
    return new Promise((done, fail) => {
        const socket = new WebSocket(`ws://127.0.0.1:${server.http}/ws${query}`);
        socket.on('unexpected-response', (_, response) => done(response.statusCode));
        socket.on('error', fail);
        socket.on('close', (code) => done(code));
        socket.on('message', (data) => {
            if (said !== undefined) return socket.send(said);
            done(JSON.parse(data).payload.session);
            socket.terminate();
        });
    });
}

test('the queries of /ws have bounds, and hostile ones do no harm', kTimeout, async () => {
    for (const [value, seconds] of [['', 10], ['10', 10], ['600', 600], ['9', 10], ['601', 600], ['-1', 10], ['99999999999999999999', 600], ['1e2', 10], ['%20', 10], ['x'.repeat(4000), 10]]) {
        assert.equal((await welcomed(`?keepalive_timeout_seconds=${value}`)).keepalive_timeout_seconds, seconds, value.slice(0, 30));
    }
    const { id, reconnect_url: url } = await welcomed('');
    assert.equal(url, null);
    for (const query of [`?session=${id}&key=`, '?session=x&key=x', `?session=${'y'.repeat(4000)}`, '?session=%0d%0a&key=%c3%a9', "?session='--&key='--"]) {
        assert.equal(await welcomed(query), 4007, query.slice(0, 40));
    }
    assert.equal(await welcomed('?session=%00&key=%00'), 400);
    assert.equal(await welcomed('', 'hello'), 4001);
    assert.equal((await server.get('/readyz')).status, 200);
});

test('twurple loses nothing and hears nothing twice when it is told to reconnect', kTwurple, async () => {
    const me = await idOf('movingroom');
    const listener = listen(api('movingroom'));
    const messages = await subscribed(listener, 'onChannelChatMessage', me, me);
    const whispers = await subscribed(listener, 'onUserWhisperMessage', me);
    const owner = await IrcClient.login(server, 'movingroom', { channels: ['movingroom'] });
    const before = await server.metric('clamor_eventsub_reconnects_total');
    const said = [];
    for (let i = 0; i < 80; ++i) {
        said.push(`message ${i}`);
        owner.say('movingroom', said[i]);
        if (i === 25 || i === 55) assert.equal((await platform('eventsub/reconnect')).status, 204);
        await sleep(10);
    }
    await eventually(() => messages.length >= said.length, 'all of it is heard');
    await sleep(300);
    assert.deepEqual(messages.map(({ messageText }) => messageText), said);
    const writer = await IrcClient.login(server, 'movingwriter');
    writer.say('jtv', '/w movingroom psst');
    await eventually(() => whispers.length === 1, 'all subscriptions have moved');
    assert.ok((await server.metric('clamor_eventsub_reconnects_total')) - before >= 1);
    await owner.close();
    await writer.close();
});

test('twurple comes back by itself after a restart', kTwurple, async () => {
    const own = await Server.start();
    const port = process.env.TWURPLE_MOCK_API_PORT;
    process.env.TWURPLE_MOCK_API_PORT = String(own.http);
    try {
        const me = (await rest('GET', '/helix/users?login=backroom', 'backroom', undefined, own)).json.data[0].id;
        const listener = listen(api('backroom'));
        const messages = await subscribed(listener, 'onChannelChatMessage', me, me);
        let confirmed = 0;
        listener.onSubscriptionCreateSuccess(() => ++confirmed);
        await own.terminate();
        await own.restart();
        await eventually(() => confirmed === 1, 'it subscribes again', 20_000, 100);
        const owner = await IrcClient.login(own, 'backroom', { channels: ['backroom'] });
        await owner.sayStored('backroom', 'back again');
        await eventually(() => messages.length === 1, 'the message is heard');
        assert.equal(messages[0].messageText, 'back again');
        await owner.close();
        listener.stop();
    } finally {
        process.env.TWURPLE_MOCK_API_PORT = port;
        await own.stop();
    }
});

test('twurple is told of followers, once each, and of shoutouts that its channel received', kTwurple, async () => {
    const me = await idOf('followroom');
    const listener = listen(api('followroom'));
    const follows = await subscribed(listener, 'onChannelFollow', me, me);
    const shoutouts = await subscribed(listener, 'onChannelShoutoutReceive', me, me);
    for (let i = 0; i < 2; ++i) assert.equal((await platform('channels/followroom/events', { type: 'follow', user: 'fan', followed_at: 1_700_000_000_123 })).status, 204);
    assert.equal((await platform('channels/followroom/standings/fan', { follow: true }, 'PUT')).status, 200);
    assert.equal((await platform('channels/followroom/standings/otherfan', { follow: true }, 'PUT')).status, 200);
    await eventually(() => follows.length >= 2, 'both are told of');
    assert.deepEqual(follows.map(({ userName }) => userName), ['fan', 'otherfan']);
    assert.equal(follows[0].followDate.getTime(), 1_700_000_000_123);
    const followers = await rest('GET', `/helix/channels/followers?broadcaster_id=${me}`, 'followroom');
    assert.deepEqual(followers.json.data.map(({ user_login }) => user_login).sort(), ['fan', 'otherfan'], 'REST says the same');

    const friend = await IrcClient.login(server, 'shoutroom', { channels: ['shoutroom'] });
    friend.say('shoutroom', '/shoutout followroom');
    const shoutout = await eventually(() => shoutouts[0], 'the shoutout arrives');
    assert.equal(shoutout.shoutingOutBroadcasterName, 'shoutroom');
    assert.equal(shoutout.broadcasterName, 'followroom');
    await sleep(100);
    assert.equal(shoutouts.length, 1);
    assert.equal(follows.length, 2);
    await friend.close();
});

test('twurple is told why a subscription is over', kTwurple, async () => {
    const room = await idOf('rightsroom');
    const mod = await idOf('rightsmod');
    const role = (is) => platform('channels/rightsroom/standings/rightsmod', { role: is }, 'PUT');
    await role('moderator');
    const listener = listen(api('rightsmod'));
    const revoked = [];
    listener.onRevoke((_, status) => revoked.push(status));
    const owner = await IrcClient.login(server, 'rightsroom', { channels: ['rightsroom'] });

    await subscribed(listener, 'onChannelModerate', room, mod);
    owner.say('rightsroom', '/unmod rightsmod');
    await eventually(() => revoked.length === 1, 'a command took the role');
    await role('moderator');
    await subscribed(listener, 'onChannelModerate', room, mod);
    await role('viewer');
    await eventually(() => revoked.length === 2, 'the platform took the role');
    const messages = await subscribed(listener, 'onChannelChatMessage', room, mod);
    owner.say('rightsroom', '/ban rightsmod');
    await eventually(() => revoked.length === 3, 'the reader was banned');
    await owner.sayStored('rightsroom', 'not for them');
    const updates = await subscribed(listener, 'onUserUpdate', mod);
    assert.equal((await server.get('/oauth2/revoke?client_id=e2e&token=rightsmod', { method: 'POST' })).status, 200);
    await eventually(() => revoked.length === 4, 'the token was revoked');
    assert.deepEqual(revoked, ['moderator_removed', 'moderator_removed', 'chat_user_banned', 'authorization_revoked']);
    assert.deepEqual(messages, []);
    assert.deepEqual(updates, []);
    await owner.close();
});

// Every type of the spec, with what there is to tell of each; `[]`: nothing happens yet that it would tell of.
const kTypes = [
    ['channel.chat.message', 1, 'bu'], ['channel.chat.message_delete', 1, 'bu'], ['channel.chat.clear', 1, 'bu'],
    ['channel.chat.clear_user_messages', 1, 'bu'], ['channel.chat.notification', 1, 'bu'], ['channel.chat_settings.update', 1, 'bu'],
    ['channel.ban', 1, 'b'], ['channel.unban', 1, 'b'], ['channel.moderate', 1, 'bm'], ['channel.moderate', 2, 'bm'],
    ['channel.moderator.add', 1, 'b'], ['channel.moderator.remove', 1, 'b'], ['channel.vip.add', 1, 'b'], ['channel.vip.remove', 1, 'b'],
    ['channel.warning.send', 1, 'bm'], ['channel.warning.acknowledge', 1, 'bm'], ['channel.unban_request.create', 1, 'bm'],
    ['channel.unban_request.resolve', 1, 'bm'], ['channel.shield_mode.begin', 1, 'bm'], ['channel.shield_mode.end', 1, 'bm'],
    ['channel.suspicious_user.update', 1, 'bm'], ['channel.shoutout.create', 1, 'bm'], ['channel.shoutout.receive', 1, 'bm'],
    ['channel.follow', 2, 'bm'], ['channel.raid', 1, 'from'], ['channel.raid', 1, 'to'], ['user.whisper.message', 1, 'u'], ['user.update', 1, 'u'],
    ['automod.terms.update', 1, 'bm'], ['channel.suspicious_user.message', 1, 'bm'],
];
const kSilentTypes = [
    ['automod.message.hold', 1, 'bm'], ['automod.message.hold', 2, 'bm'],
    ['automod.message.update', 1, 'bm'], ['automod.message.update', 2, 'bm'], ['automod.settings.update', 1, 'bm'],
    ['channel.chat.user_message_hold', 1, 'bu'], ['channel.chat.user_message_update', 1, 'bu'],
    ['channel.shared_chat.begin', 1, 'b'], ['channel.shared_chat.update', 1, 'b'], ['channel.shared_chat.end', 1, 'b'],
];

test('every type can be subscribed to, and tells of what IRC and REST do', kTimeout, async () => {
    const me = await idOf('allroom');
    const socket = new WebSocket(`ws://127.0.0.1:${server.http}/ws`, { headers: { host: 'chat.example.org', 'x-forwarded-proto': 'https' } });
    const frames = [];
    socket.on('message', (data) => frames.push(JSON.parse(data)));
    const welcome = await eventually(() => frames[0], 'the welcome');
    const conditions = {
        bu: { broadcaster_user_id: me, user_id: me }, bm: { broadcaster_user_id: me, moderator_user_id: me }, b: { broadcaster_user_id: me },
        u: { user_id: me }, from: { from_broadcaster_user_id: me }, to: { to_broadcaster_user_id: me },
    };
    for (const [type, version, wants] of [...kTypes, ...kSilentTypes]) {
        const made = await rest('POST', '/helix/eventsub/subscriptions', 'allroom', {
            type, version: String(version), condition: conditions[wants], transport: { method: 'websocket', session_id: welcome.payload.session.id },
        });
        assert.equal(made.status, 202, `${type} ${version}: ${made.text}`);
        assert.equal(made.json.data[0].status, 'enabled');
        // A raid's other end is there, empty, as on Twitch.
        for (const [key, value] of Object.entries(made.json.data[0].condition)) assert.equal(value, conditions[wants][key] ?? '');
        assert.equal(made.json.total_cost, 0, 'of one\'s own channel nothing costs');
    }
    const told = (type) => frames.filter(({ metadata }) => metadata.subscription_type === type).map(({ payload }) => payload.event);
    const tells = (type, count, what = type) => eventually(() => told(type).length >= count, what);

    const owner = await IrcClient.login(server, 'allroom', { channels: ['allroom'] });
    const viewer = await IrcClient.login(server, 'allviewer', { channels: ['allroom'] });
    const friend = await IrcClient.login(server, 'allfriend', { channels: ['allfriend'] });
    const { tags } = await viewer.sayStored('allroom', 'hello');
    const act = async (command, type, count = 1) => {
        owner.say('allroom', command);
        await tells(type, count, `${command} is told by ${type}`);
    };
    await tells('channel.chat.message', 1);
    await act(`/delete ${tags.id}`, 'channel.chat.message_delete');
    await act('/clear', 'channel.chat.clear');
    await act('/announce hear hear', 'channel.chat.notification');
    await act('/slow 30', 'channel.chat_settings.update');
    await act('/slowoff', 'channel.chat_settings.update', 2);
    await act('/mod allviewer', 'channel.moderator.add');
    await act('/unmod allviewer', 'channel.moderator.remove');
    await act('/vip allviewer', 'channel.vip.add');
    await act('/unvip allviewer', 'channel.vip.remove');
    await act('/warn allviewer be nice', 'channel.warning.send');
    viewer.say('allroom', '/acknowledge');
    await tells('channel.warning.acknowledge', 1);
    await act('/restrict allviewer', 'channel.suspicious_user.update');
    await viewer.sayStored('allroom', 'psst');
    await tells('channel.suspicious_user.message', 1);
    await act('/unrestrict allviewer', 'channel.suspicious_user.update', 2);
    await act('/shield', 'channel.shield_mode.begin');
    await act('/shieldoff', 'channel.shield_mode.end');
    await act('/addblockedterm crypto', 'automod.terms.update');
    owner.say('allroom', '/raid allfriend');
    owner.say('allroom', '/unraid');
    owner.say('allroom', '/raid allfriend');
    await eventually(() => told('channel.raid').length >= 1, 'the raid that is not cancelled leaves', 15_000);
    await act('/shoutout allfriend', 'channel.shoutout.create');
    friend.say('allfriend', '/shoutout allroom');
    await tells('channel.shoutout.receive', 1);
    await act('/ban allviewer spam', 'channel.ban');
    await tells('channel.chat.clear_user_messages', 1);
    const asked = await platform('channels/allroom/events', { type: 'unban_request', user: 'allviewer', text: 'sorry' });
    assert.equal(asked.status, 200, asked.text);
    await tells('channel.unban_request.create', 1);
    const resolved = await rest('PATCH', `/helix/moderation/unban_requests?broadcaster_id=${me}&moderator_id=${me}&unban_request_id=${asked.json.id}&status=approved&resolution_text=fine`, 'allroom');
    assert.equal(resolved.status, 200, resolved.text);
    await tells('channel.unban_request.resolve', 1);
    await tells('channel.unban', 1);
    assert.equal((await platform('channels/allroom/events', { type: 'follow', user: 'allviewer' })).status, 204);
    assert.equal((await platform('channels/allroom/events', { type: 'raid', user: 'allfriend', viewers: 7 })).status, 204);
    await tells('channel.raid', 2);
    friend.say('allfriend', '/w allroom psst');
    await tells('user.whisper.message', 1);
    assert.equal((await platform('users/allroom', { description: 'all of it' }, 'PUT')).status, 200);
    for (const [type] of kTypes) await tells(type, 1);

    for (const [type] of kSilentTypes) assert.deepEqual(told(type), [], type);
    const whisper = await owner.lines.next(' WHISPER allroom ');
    assert.equal(`${whisper.tags['thread-id']}_${whisper.tags['message-id']}`, told('user.whisper.message')[0].whisper_id, 'one id at both doors');
    assert.equal(told('channel.unban_request.create')[0].id, asked.json.id);
    assert.equal(told('channel.unban_request.create')[0].user_login, 'allviewer');
    assert.equal(told('channel.unban_request.resolve')[0].id, asked.json.id);
    assert.equal(told('channel.unban_request.resolve')[0].status, 'approved');
    assert.equal(told('channel.unban_request.resolve')[0].resolution_text, 'fine');
    assert.deepEqual(told('channel.raid').map(({ from_broadcaster_user_login: from, viewers }) => [from, viewers]), [['allroom', 2], ['allfriend', 7]]);
    assert.equal(told('channel.shoutout.receive')[0].from_broadcaster_user_login, 'allfriend');
    assert.equal(told('channel.follow').length, 1);
    assert.equal(told('channel.suspicious_user.message')[0].message.text, 'psst');
    assert.equal(told('channel.suspicious_user.message')[0].low_trust_status, 'restricted');
    assert.deepEqual(told('channel.chat.message').map(({ message }) => message.text), ['hello'], 'the restricted are heard by moderators alone');
    const actions = (version) => frames.filter(({ metadata }) => metadata.subscription_type === 'channel.moderate' && metadata.subscription_version === version).map(({ payload }) => payload.event.action);
    const both = ['delete', 'clear', 'slow', 'slowoff', 'mod', 'unmod', 'vip', 'unvip', 'warn', 'add_blocked_term', 'raid', 'unraid', 'raid', 'ban', 'unban', 'approve_unban_request'];
    assert.deepEqual(actions('2'), both);
    assert.deepEqual(actions('1'), both.filter((action) => action !== 'warn'));
    assert.equal(new Set(frames.map(({ metadata }) => metadata.message_id)).size, frames.length, 'no id comes twice');

    assert.equal((await platform('eventsub/reconnect')).status, 204);
    const reconnect = await eventually(() => frames.find(({ metadata }) => metadata.message_type === 'session_reconnect'), 'it is told to reconnect');
    assert.match(reconnect.payload.session.reconnect_url, /^wss:\/\/chat\.example\.org\/ws\?session=/, 'as the client and the proxy in front of it have it');
    socket.terminate();
    for (const client of [owner, viewer, friend]) await client.close();
});
