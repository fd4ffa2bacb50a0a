// SPDX-License-Identifier: Apache-2.0
// Shared chat as clients see it: IRC lines with their source, EventSub, Helix, history.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { IrcClient } from './irc.mjs';
import { eventually, exitSoon, Server } from './server.mjs';
import { api, listen, point, skip, stopListening, subscribed } from './twurple_api.mjs';

const kTimeout = { timeout: 40_000, skip };
let server;

before(async () => {
    if (skip) return;
    server = await Server.start();
    point(server);
});
after(async () => {
    exitSoon();
    stopListening();
    await server?.stop();
});

const platform = (method, login, body) => fetch(`${server.url}/api/platform/channels/${login}/shared-chat`, {
    method,
    headers: { authorization: 'Bearer app', 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
});

test('two channels share their chats: IRC, EventSub, Helix and the history say so alike', kTimeout, async () => {
    const [host, guest] = await Promise.all(['sharedhost', 'sharedguest'].map((name) => api(name).users.getUserByName(name)));
    const listener = listen(api('sharedguest'));
    const begins = await subscribed(listener, 'onChannelSharedChatSessionBegin', guest.id);
    const ends = await subscribed(listener, 'onChannelSharedChatSessionEnd', guest.id);
    const messages = await subscribed(listener, 'onChannelChatMessage', guest.id, guest.id);
    const [speaker, viewer] = [await IrcClient.login(server, 'sharedspeaker', { channels: ['sharedhost'] }), await IrcClient.login(server, 'sharedviewer', { channels: ['sharedguest'] })];
    assert.equal(await api('sharedviewer').chat.getSharedChatSession(host.id), null);

    const begun = await (await platform('PUT', 'sharedhost', { participants: ['sharedguest'] })).json();
    const session = await api('sharedviewer').chat.getSharedChatSession(guest.id);
    assert.equal(session.sessionId, begun.session_id);
    assert.equal(session.hostBroadcasterId, host.id);
    assert.equal((await eventually(() => begins[0], 'the begin')).hostBroadcasterName, 'sharedhost');

    // The rooms take the session over a moment later.
    let said;
    for (let i = 0; !said || viewer.lines.count(said.words) === 0; ++i) {
        const words = `over the wall ${i}`;
        said = { words, tags: (await speaker.sayStored('sharedhost', words)).tags };
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const heard = await viewer.hears(said.words);
    assert.equal(heard.tags['source-room-id'], host.id);
    assert.equal(heard.tags['room-id'], guest.id);
    assert.equal(heard.tags['source-id'], said.tags.id);
    assert.notEqual(heard.tags.id, said.tags.id);
    const told = await eventually(() => messages.find((event) => event.messageText === said.words), 'the message');
    assert.equal(told.messageId, heard.tags.id);
    assert.equal(told.sourceBroadcasterId, host.id);
    assert.equal(told.sourceMessageId, said.tags.id);

    await api('sharedhost').chat.sendAnnouncement(host.id, { message: 'to all' });
    const notice = await viewer.lines.next('msg-id=sharedchatnotice');
    assert.equal(notice.tags['source-msg-id'], 'announcement');
    const history = await (await fetch(`${server.url}/api/v2/recent-messages/sharedguest`)).json();
    assert.ok(history.messages.some((line) => line.includes(`source-id=${said.tags.id}`)));

    // A moderator of the guest keeps the speaker out of the guest's chat alone.
    await api('sharedguest').moderation.banUser(guest.id, { user: (await api('x').users.getUserByName('sharedspeaker')).id, reason: '' });
    await viewer.lines.next('CLEARCHAT #sharedguest');
    await speaker.sayStored('sharedhost', 'not over there');
    const owner = await IrcClient.login(server, 'sharedhost', { channels: ['sharedhost'] });
    await owner.sayStored('sharedhost', 'but this is');
    await viewer.hears('but this is');
    assert.equal(viewer.lines.count('not over there'), 0);

    assert.equal((await platform('DELETE', 'sharedhost')).status, 204);
    await eventually(() => ends[0], 'the end');
    assert.equal(await api('sharedviewer').chat.getSharedChatSession(host.id), null);
    for (const client of [speaker, viewer, owner]) await client.close();
});
