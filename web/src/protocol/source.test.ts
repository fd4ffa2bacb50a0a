// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { backoffMs, kBackoffMaxMs } from './backoff';
import { encodeRequest } from './source';

describe('encodeRequest', () => {
  it('puts nonce and parent of a reply into the tags', () => {
    const request = { kind: 'say', channel: 'c', text: 'I agree', nonce: 'ab12', replyTo: 'b34c' } as const;
    expect(encodeRequest(request)).toBe('@client-nonce=ab12;reply-parent-msg-id=b34c PRIVMSG #c :I agree');
  });

  it('lets no text begin a second line', () => {
    const request = { kind: 'say', channel: 'c', text: 'a\r\nQUIT\0', nonce: 'n', replyTo: null } as const;
    expect(encodeRequest(request)).toBe('@client-nonce=n PRIVMSG #c :a QUIT ');
  });
});

describe('backoffMs', () => {
  it('doubles, keeps a random half and stops at its maximum', () => {
    expect([1, 2, 3].map((attempt) => backoffMs(attempt, () => 0))).toEqual([250, 500, 1000]);
    expect(backoffMs(1, () => 1)).toBe(500);
    expect(backoffMs(99, () => 1)).toBe(kBackoffMaxMs);
  });
});
