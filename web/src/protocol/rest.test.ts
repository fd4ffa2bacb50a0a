// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { decodeBadges, decodeChannels, decodeEmotes, decodeMessages } from './rest';

describe('decodeMessages', () => {
  it('reads the shape of the history', () => {
    const page = decodeMessages({
      channel: { id: '1000', login: 'lobby' },
      messages: [
        {
          id: 'u1',
          seq: 12,
          epoch: 3,
          sent_at: 1790000000000,
          author: { id: '1001', login: 'alice', display_name: 'Alice', color: '#0D4200', badges: [{ name: 'moderator', version: '1' }] },
          text: 'Hello clamHype',
          action: false,
          emotes: [{ id: 'e', first: 6, last: 13 }],
          first_message: true,
          reply: { parent_id: 'p', parent_login: 'bob', parent_display_name: 'Bob', parent_text: 'hi', thread_id: 't' },
          deleted: true,
        },
      ],
    });
    expect(page.channelId).toBe('1000');
    expect(page.messages[0]).toMatchObject({
      seq: 12,
      channel: 'lobby',
      author: { displayName: 'Alice' },
      emotes: [{ first: 6, last: 13 }],
      reply: { id: 'p', threadId: 't' },
      firstMessage: true,
      deleted: true,
    });
  });

  it('takes nonsense as nothing', () => {
    for (const json of [null, 7, [], {}, { messages: 'x' }, { messages: [null, 3, { text: 'no id' }] }]) {
      expect(decodeMessages(json).messages).toEqual([]);
    }
  });
});

describe('pictures', () => {
  const emote = (image_url: unknown) => decodeEmotes({ emotes: [{ id: 'e', code: 'c', image_url }] }, 'https://chat.example')[0]!;

  it('are found beside the server that lists them', () => {
    expect(emote('/static/emotes/x.svg')).toMatchObject({
      url: 'https://chat.example/static/emotes/x.svg',
      url4x: 'https://chat.example/static/emotes/x.svg',
    });
  });

  it('come by http and https only', () => {
    for (const url of ['javascript:alert(1)', 'data:image/svg+xml,x', 'file:///etc/passwd', 5]) expect(emote(url).url).toBe('');
  });

  it('give badges a title', () => {
    expect(decodeBadges({ badges: [{ name: 'vip', version: '1' }] }, 'https://x')[0]!.title).toBe('vip');
  });
});

describe('decodeChannels', () => {
  it('leaves out entries without a login', () => {
    expect(decodeChannels({ channels: [{ id: '1' }, { login: 'a' }] })).toEqual([
      { id: '', login: 'a', displayName: 'a', title: '', viewers: 0 },
    ]);
  });
});
