// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { ChatEvent, SelfState } from '../protocol/events';
import { emptyChat, reduce, type Action, type ChatState } from './chat-state';
import { aMessage, range } from './testing';
import { kTailMax, type MessageLine } from './timeline';

const kSelf: SelfState = { displayName: 'Bob', color: '#123456', badges: [{ name: 'vip', version: '1' }], moderator: false };
const kJoined: ChatEvent = { kind: 'roomState', channel: 'c', roomId: '1000', modes: { slowSeconds: 0 } };

const say = (nonce: string, text = 'hello'): Action => ({ kind: 'said', nonce, text, reply: null, now: 5 });
const hear = (...events: ChatEvent[]): Action => ({ kind: 'events', events, now: 5_000 });
const live = (n: number, more = {}): ChatEvent => ({ kind: 'message', message: aMessage(n, { seq: null, ...more }) });
const echo = (sentId: string, nonce = ''): ChatEvent => ({ kind: 'userState', channel: 'c', self: kSelf, sentId, nonce });
const refusal = (id: string, text: string): ChatEvent => ({ kind: 'notice', channel: 'c', id, text, nonce: '' });

function run(state: ChatState, ...actions: Action[]): ChatState {
  return actions.reduce(reduce, state);
}

const joined = run(emptyChat('c', 'bob'), { kind: 'status', status: { phase: 'online' } }, hear(kJoined));
const tail = (state: ChatState) => state.timeline.tail as readonly MessageLine[];

describe('own messages', () => {
  it('are shown at once and confirmed in place by the echo', () => {
    const pending = run(joined, say('n1'));
    expect(tail(pending)[0]).toMatchObject({ key: 'n1', state: { kind: 'pending' }, own: true });
    const confirmed = run(pending, hear(echo('m7', 'n1')));
    expect(tail(confirmed)[0]).toMatchObject({ key: 'n1', state: { kind: 'shown' }, message: { id: 'm7', author: { color: '#123456' } } });
  });

  it('are matched in order when the echo carries no nonce', () => {
    const state = run(joined, say('n1'), say('n2'), hear(echo('a'), echo('b')));
    expect(tail(state).map((line) => [line.key, line.message.id])).toEqual([
      ['n1', 'a'],
      ['n2', 'b'],
    ]);
  });

  it('are not doubled by the history', () => {
    const state = run(joined, say('n1'), hear(echo('m7', 'n1')), {
      kind: 'latest',
      messages: [aMessage(7, { author: { ...aMessage(7).author, login: 'bob' } })],
      hasOlder: false,
      now: 9,
    });
    expect(tail(state)).toHaveLength(1);
  });

  it('keep text and reason when the server refuses them', () => {
    const text = 'You will be able to talk again in 12 seconds.';
    const state = run(joined, say('n1', 'too early'), hear(refusal('msg_slowmode', text)));
    expect(tail(state)[0]).toMatchObject({ message: { text: 'too early' }, state: { kind: 'failed', reason: text } });
    expect(state.waitUntil).toBe(5_000 + 12_000);
  });

  it('show /me as an action', () => {
    expect(tail(run(joined, say('n1', '/me waves')))[0]!.message).toMatchObject({ text: 'waves', action: true });
  });

  it('that were under way when the connection broke are looked for in the history', () => {
    const lost = run(joined, say('n1', 'arrived'), say('n2', 'did not'), {
      kind: 'status',
      status: { phase: 'waiting', attempt: 1, retryAt: 9 },
    });
    const stored = aMessage(3, { text: 'arrived', author: { ...aMessage(3).author, login: 'bob' } });
    const state = run(lost, { kind: 'latest', messages: [stored], hasOlder: false, now: 9 });
    expect(tail(state).map((line) => [line.message.text, line.state.kind])).toEqual([
      ['did not', 'failed'],
      ['arrived', 'shown'],
    ]);
  });

  it('pin a reader who was further up', () => {
    const reading = run(joined, hear(live(1)), { kind: 'left' }, hear(live(2)));
    expect(run(reading, say('n')).timeline).toMatchObject({ pinned: true, unseen: 0 });
  });
});

describe('events', () => {
  it('of other channels change nothing', () => {
    expect(run(joined, hear(live(1, { channel: 'other' })))).toBe(joined);
  });

  it('of a flood keep the list bounded', () => {
    const state = run(joined, hear(...range(1, 3_000).map((n) => live(n))));
    expect(tail(state)).toHaveLength(kTailMax);
    expect(tail(state).at(-1)!.message.id).toBe('m3000');
  });

  it('mark messages that speak of us', () => {
    const [mention, word, other] = tail(
      run(joined, hear(live(1, { text: 'hi @Bob!' }), live(2, { text: 'bob, look' }), live(3, { text: 'bobsled' }))),
    );
    expect([mention, word, other].map((line) => line!.mentionsSelf)).toEqual([true, true, false]);
  });

  it('hide what was deleted, one message or all of a person', () => {
    const bob = { author: { ...aMessage(1).author, login: 'bad' } };
    const state = run(
      joined,
      hear(live(1), live(2, bob), live(3, bob), live(4)),
      hear({ kind: 'messageDeleted', channel: 'c', messageId: 'm1' }, { kind: 'userCleared', channel: 'c', login: 'bad', seconds: 1 }),
    );
    expect(tail(state).map((line) => line.state.kind)).toEqual(['deleted', 'deleted', 'deleted', 'shown']);
  });

  it('change single room modes', () => {
    const state = run(joined, hear({ ...kJoined, modes: { slowSeconds: 30 } } as ChatEvent));
    expect(state.modes).toMatchObject({ slowSeconds: 30, followersMinutes: -1 });
  });
});

describe('joining', () => {
  it('is refused by a NOTICE', () => {
    const state = run(emptyChat('c', null), { kind: 'status', status: { phase: 'online' } }, hear(refusal('msg_banned', 'You are banned')));
    expect(state.join).toEqual({ kind: 'refused', reason: 'You are banned' });
  });

  it('has to be done again on each connection', () => {
    expect(run(joined, { kind: 'status', status: { phase: 'online' } }).join).toEqual({ kind: 'no' });
  });
});
