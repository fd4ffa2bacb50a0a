// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decodeLine, parseBadges, parseEmoteRanges } from './decode';

const kReply =
  '@badge-info=;badges=moderator/1;color=;display-name=Bob;emotes=25:7-11;first-msg=1;flags=;id=474f;mod=1;' +
  'reply-parent-display-name=Alice;reply-parent-msg-body=Hello\\sKappa;reply-parent-msg-id=72d7;' +
  'reply-parent-user-login=alice;reply-thread-parent-msg-id=11aa;room-id=1000;tmi-sent-ts=1507246573675;user-id=1002 ' +
  ':bob!bob@bob.tmi.twitch.tv PRIVMSG #dallas :@Alice Kappa';

describe('decodeLine', () => {
  it('reads a reply with all that is drawn of it', () => {
    expect(decodeLine(kReply)).toEqual({
      kind: 'message',
      message: {
        id: '474f',
        channel: 'dallas',
        seq: null,
        epoch: null,
        sentAt: 1507246573675,
        author: { id: '1002', login: 'bob', displayName: 'Bob', color: '', badges: [{ name: 'moderator', version: '1' }] },
        text: '@Alice Kappa',
        action: false,
        emotes: [{ id: '25', first: 7, last: 11 }],
        firstMessage: true,
        announcement: false,
        sharedFrom: null,
        reply: { id: '72d7', login: 'alice', displayName: 'Alice', text: 'Hello Kappa', threadId: '11aa' },
        deleted: false,
      },
    });
  });

  it('marks what a moderator announces, and nothing else that has a text of its own', () => {
    const said = (kind: string) => decodeLine(`@msg-id=${kind};login=mo;display-name=Mo;id=1;system-msg= :tmi.twitch.tv USERNOTICE #lobby :Hello`);
    expect(said('announcement')).toMatchObject({ kind: 'announcement', message: { announcement: true, text: 'Hello' } });
    expect(said('resub')).toMatchObject({ kind: 'announcement', message: { announcement: false, text: 'Hello' } });
  });

  it('tells where in a shared chat it was said, when that is another channel', () => {
    const from = (tags: string) => decodeLine(`@room-id=1000;${tags} :a!a@a PRIVMSG #c :hi`);
    expect(from('source-room-id=1001')).toMatchObject({ message: { sharedFrom: '1001' } });
    expect(from('source-room-id=1000')).toMatchObject({ message: { sharedFrom: null } });
    const notice = decodeLine('@msg-id=sharedchatnotice;source-msg-id=announcement;room-id=1;source-room-id=2;login=mo;id=1;system-msg= :tmi.twitch.tv USERNOTICE #c :Hi');
    expect(notice).toMatchObject({ message: { announcement: true, sharedFrom: '2' } });
  });

  it('reads the position of a line that has one', () => {
    const event = decodeLine('@clamor.dev/seq=7-42;id=1 :a!a@a PRIVMSG #c :hi');
    expect(event).toMatchObject({ kind: 'message', message: { epoch: 7, seq: 42 } });
    const broken = decodeLine('@clamor.dev/seq=7-x;id=1 :a!a@a PRIVMSG #c :hi');
    expect(broken).toMatchObject({ kind: 'message', message: { epoch: null, seq: null } });
  });

  it('takes ACTION off its wrapper, closed or not', () => {
    for (const end of ['\x01', '']) {
      const event = decodeLine(`:a!a@a PRIVMSG #c :\x01ACTION waves${end}`);
      expect(event).toMatchObject({ kind: 'message', message: { text: 'waves', action: true } });
    }
  });

  it('reads only the modes that a partial ROOMSTATE names', () => {
    expect(decodeLine('@room-id=1000;slow=30 :tmi.twitch.tv ROOMSTATE #c')).toEqual({
      kind: 'roomState',
      channel: 'c',
      roomId: '1000',
      modes: { slowSeconds: 30 },
    });
  });

  it('tells an echo from the USERSTATE of a join', () => {
    const echo = decodeLine('@badges=vip/1;client-nonce=ab;id=c5;mod=0 :tmi.twitch.tv USERSTATE #c');
    expect(echo).toMatchObject({ kind: 'userState', sentId: 'c5', nonce: 'ab' });
    expect(decodeLine('@badges=;mod=0 :tmi.twitch.tv USERSTATE #c')).toMatchObject({ sentId: '' });
  });

  it('tells a cleared chat from a cleared user', () => {
    expect(decodeLine(':tmi.twitch.tv CLEARCHAT #c')).toEqual({ kind: 'chatCleared', channel: 'c' });
    expect(decodeLine('@ban-duration=350 :tmi.twitch.tv CLEARCHAT #c :bob')).toEqual({
      kind: 'userCleared',
      channel: 'c',
      login: 'bob',
      seconds: 350,
    });
  });

  it('reads PING with and without a prefix, and RECONNECT', () => {
    expect(decodeLine('PING :tmi.twitch.tv')).toEqual({ kind: 'ping', token: 'tmi.twitch.tv' });
    expect(decodeLine(':tmi.twitch.tv RECONNECT')).toEqual({ kind: 'reconnect' });
  });

  it('keeps a login failure apart from a NOTICE of a channel', () => {
    expect(decodeLine(':tmi.twitch.tv NOTICE * :Login authentication failed')).toMatchObject({ channel: null });
    expect(decodeLine('@msg-id=slow_on :tmi.twitch.tv NOTICE #c :slow')).toMatchObject({ channel: 'c', id: 'slow_on' });
  });

  it('survives anything', () => {
    for (const line of ['PRIVMSG', '@=;;= :', '\0\0', 'PRIVMSG #', '353 a b', '@emotes=:::-//;id PRIVMSG #c', '💥'.repeat(99)]) {
      expect(() => decodeLine(line)).not.toThrow();
    }
  });
});

describe('parseEmoteRanges', () => {
  it('orders places of all emotes by position', () => {
    expect(parseEmoteRanges('25:0-4,12-16/1902:6-10').map(({ id, first }) => [id, first])).toEqual([
      ['25', 0],
      ['1902', 6],
      ['25', 12],
    ]);
  });

  it('leaves out what is malformed', () => {
    expect(parseEmoteRanges('25:x-4,-1-3/:1-2/7')).toEqual([]);
  });
});

describe('parseBadges', () => {
  it('needs a name and a version', () => {
    expect(parseBadges('a/1,b,/2,c/,d/blue-1')).toEqual([
      { name: 'a', version: '1' },
      { name: 'd', version: 'blue-1' },
    ]);
  });
});
