// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MessageLine } from '../model/timeline';
import { aMessage, range } from '../model/testing';
import type { Api, HistoryQuery } from '../protocol/api';
import type { ChatEvent, Message } from '../protocol/events';
import type { Identity, Request, Source, SourceListener } from '../protocol/source';
import { ChatSession, kEchoMs, kGapPagesMax, kJoinMs, kPage } from './chat-session';

/** A server in memory: what was said in channel `c`, and a line to it. */
class FakeServer implements Source, Api {
  listener: SourceListener | null = null;
  requests: Request[] = [];
  log: Message[] = [];
  asked: HistoryQuery[] = [];
  names: string[] = [];
  broken = false;

  open(_identity: Identity, listener: SourceListener): void {
    this.listener = listener;
  }
  send(request: Request): boolean {
    this.requests.push(request);
    return true;
  }
  close(): void {}
  online(): void {
    this.listener!.onStatus({ phase: 'online' });
  }
  lost(): void {
    this.listener!.onStatus({ phase: 'waiting', attempt: 1, retryAt: 0 });
  }
  tell(...events: ChatEvent[]): void {
    this.listener!.onEvents(events);
  }
  joined(channel = 'c'): void {
    this.tell({ kind: 'roomState', channel, roomId: '1000', modes: {} });
  }
  /** Keeps messages, and tells them unless nobody hears. */
  said(first: number, last: number, heard = true): void {
    for (const n of range(first, last)) {
      this.log.push(aMessage(n));
      if (heard) this.tell({ kind: 'message', message: aMessage(n, { seq: null }) });
    }
  }

  async server() {
    return { name: 'fake', version: '0', dev: true };
  }
  async channels() {
    return [];
  }
  async channelById(id: string) {
    this.names.push(id);
    if (this.broken) throw new Error('no');
    return { id, login: 'next', displayName: 'NextDoor', title: '', viewers: 0 };
  }
  async emotes() {
    return [];
  }
  async badges() {
    return [];
  }
  async messages(_login: string, query: HistoryQuery) {
    this.asked.push(query);
    if (this.broken) throw new Error('no');
    const { beforeSeq = Infinity, afterSeq = 0, limit } = query;
    const found = this.log.filter(({ seq }) => seq! < beforeSeq && seq! > afterSeq);
    return { channelId: '1000', messages: query.afterSeq === undefined ? found.slice(-limit) : found.slice(0, limit) };
  }
}

function harness() {
  const server = new FakeServer();
  let nonce = 0;
  const session = new ChatSession({
    source: server,
    api: server,
    createClock: (work) => ({ request: work }),
    onChange: () => undefined,
    now: () => 0,
    createNonce: () => `n${(nonce += 1)}`,
  });
  session.open({ login: 'bob', token: 't' }, 'c');
  return { server, session };
}

const settle = () => vi.advanceTimersByTimeAsync(1);
const seen = (session: ChatSession) =>
  session.state.timeline.tail.flatMap((line) => (line.kind === 'message' ? [line.message.id] : []));
const upTo = (first: number, last: number) => range(first, last).map((n) => `m${n}`);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('ChatSession', () => {
  it('joins when it is online and shows history and live messages once each', async () => {
    const { server, session } = harness();
    server.said(1, 20, false);
    server.online();
    expect(server.requests).toEqual([{ kind: 'join', channel: 'c' }]);
    server.joined();
    server.said(21, 22);
    await settle();
    expect(seen(session)).toEqual(upTo(1, 22));
    expect(session.state.timeline.hasOlder).toBe(false);
  });

  it('closes the gap of a lost connection, over several pages', async () => {
    const { server, session } = harness();
    server.online();
    server.joined();
    server.said(1, 10);
    await settle();
    server.lost();
    server.said(11, 260, false);
    server.online();
    server.joined();
    server.said(261, 262);
    await settle();
    expect(seen(session)).toEqual(upTo(1, 262));
  });

  it('fetches what the server says that it skipped', async () => {
    const { server, session } = harness();
    server.said(1, 3);
    server.online();
    server.joined();
    await settle();
    server.said(4, 6, false);
    server.tell({ kind: 'notice', channel: 'c', id: 'clamor_skipped', text: '3 messages were skipped.', nonce: '' });
    server.said(7, 7);
    await settle();
    expect(seen(session)).toEqual(upTo(1, 7));
  });

  it('leaves no hole in the list when the gap is too wide to close', async () => {
    const { server, session } = harness();
    server.online();
    server.joined();
    server.said(1, 10);
    await settle();
    server.lost();
    server.said(11, 2_000, false);
    server.online();
    server.joined();
    await settle();
    expect(seen(session)).toEqual(upTo(2_001 - kGapPagesMax * kPage, 2_000));
    expect(session.state.timeline.hasOlder).toBe(true);
  });

  it('loads older messages before the first one in the window', async () => {
    const { server, session } = harness();
    server.said(1, 250, false);
    server.online();
    server.joined();
    await settle();
    session.leavePresent();
    await session.loadOlder();
    await session.loadOlder();
    expect(session.state.timeline.window).toHaveLength(250);
    expect(session.state.timeline.hasOlder).toBe(false);
    expect(server.asked.at(-1)).toEqual({ limit: kPage, beforeSeq: 51 });
  });

  it('fetches what is below when the present is far away', async () => {
    const { server, session } = harness();
    server.said(1, 100, false);
    server.online();
    server.joined();
    await settle();
    session.leavePresent();
    server.said(101, 900);
    await session.stepDown();
    expect(server.asked.at(-1)).toEqual({ limit: kPage, afterSeq: 100 });
    expect(session.state.timeline.window).toHaveLength(200);
  });

  it('says that history failed, and works on', async () => {
    const { server, session } = harness();
    server.broken = true;
    server.online();
    server.joined();
    await settle();
    server.said(1, 2);
    expect(session.state.history).toBe('failed');
    expect(seen(session)).toEqual(['m1', 'm2']);
  });

  it('goes to another channel on the same connection, and answers of the old one no longer count', async () => {
    const { server, session } = harness();
    server.said(1, 5, false);
    server.online();
    server.joined();
    session.enter('d');
    await settle();
    expect(server.requests.slice(1)).toEqual([
      { kind: 'part', channel: 'c' },
      { kind: 'join', channel: 'd' },
    ]);
    expect(seen(session)).toEqual([]);
  });

  it('asks again when a join stays without an answer', async () => {
    const { server } = harness();
    server.online();
    await vi.advanceTimersByTimeAsync(kJoinMs);
    expect(server.requests).toHaveLength(2);
  });

  it('gives up on a message that nobody answers', async () => {
    const { server, session } = harness();
    server.online();
    server.joined();
    await settle();
    session.say('hello?', null);
    await vi.advanceTimersByTimeAsync(kEchoMs);
    expect(session.state.timeline.tail[0]).toMatchObject({ state: { kind: 'failed' } });
    session.retry(session.state.timeline.tail[0] as MessageLine);
    expect(session.state.timeline.tail).toHaveLength(1);
    expect(server.requests.at(-1)).toMatchObject({ kind: 'say', text: 'hello?', nonce: 'n2' });
  });

  it('asks once for the name of a channel that shares its chat, live and in the history', async () => {
    const { server, session } = harness();
    server.log.push(aMessage(1, { sharedFrom: '77' }));
    server.online();
    server.joined();
    await settle();
    server.tell({ kind: 'message', message: aMessage(2, { sharedFrom: '77' }) });
    await settle();
    expect(server.names).toEqual(['77']);
    expect(session.state.catalog.channelNames.get('77')).toBe('NextDoor');
    server.broken = true;
    server.tell({ kind: 'message', message: aMessage(3, { sharedFrom: '78' }) });
    await settle();
    server.broken = false;
    server.tell({ kind: 'message', message: aMessage(4, { sharedFrom: '78' }) });
    await settle();
    expect(server.names).toEqual(['77', '78', '78']);
    expect(session.state.catalog.channelNames.get('78')).toBe('NextDoor');
  });

  it('shows nothing for a command', () => {
    const { server, session } = harness();
    server.online();
    server.joined();
    session.say('/slow 30', null);
    expect(session.state.timeline.tail).toEqual([]);
    expect(server.requests.at(-1)).toMatchObject({ kind: 'say', text: '/slow 30' });
  });
});
