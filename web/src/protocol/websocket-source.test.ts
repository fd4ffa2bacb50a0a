// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChatEvent } from './events';
import type { SourceStatus } from './source';
import { kAnswerMs, kLastedMs, kSilenceMs, WebSocketSource, type Socket } from './websocket-source';

class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  sent: string[] = [];
  closed = false;

  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {
    this.closed = true;
  }
  hear(...lines: string[]): void {
    this.onmessage?.({ data: lines.map((line) => `${line}\r\n`).join('') });
  }
  logIn(): void {
    this.onopen!();
    this.hear(':tmi.twitch.tv 001 alice :Welcome, GLHF!', ':tmi.twitch.tv 376 alice :>');
  }
}

function harness(login: string | null = 'alice') {
  const sockets: FakeSocket[] = [];
  const phases: SourceStatus[] = [];
  const events: ChatEvent[] = [];
  const source = new WebSocketSource({
    url: 'ws://x',
    random: () => 0,
    createSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
  });
  source.open({ login, token: 'abc' }, { onEvents: (e) => events.push(...e), onStatus: (s) => phases.push(s) });
  return { source, sockets, phases, events, last: () => phases.at(-1)!.phase };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('WebSocketSource', () => {
  it('logs in with capabilities, token and name, and is online after 376', () => {
    const { sockets, last } = harness();
    sockets[0]!.onopen!();
    expect(sockets[0]!.sent).toEqual([
      'CAP REQ :twitch.tv/tags twitch.tv/commands twitch.tv/membership clamor.dev/seq\r\n',
      'PASS oauth:abc\r\n',
      'NICK alice\r\n',
    ]);
    expect(last()).toBe('connecting');
    sockets[0]!.hear(':tmi.twitch.tv 376 alice :>');
    expect(last()).toBe('online');
  });

  it('reads without an account under an anonymous name and sends no PASS', () => {
    const { sockets } = harness(null);
    sockets[0]!.onopen!();
    expect(sockets[0]!.sent[1]).toMatch(/^NICK justinfan\d+\r\n$/);
  });

  it('sends nothing before it is online', () => {
    const { source, sockets } = harness();
    expect(source.send({ kind: 'join', channel: 'c' })).toBe(false);
    sockets[0]!.logIn();
    expect(source.send({ kind: 'join', channel: 'c' })).toBe(true);
  });

  it('answers PING', () => {
    const { sockets } = harness();
    sockets[0]!.logIn();
    sockets[0]!.hear('PING :tmi.twitch.tv');
    expect(sockets[0]!.sent.at(-1)).toBe('PONG :tmi.twitch.tv\r\n');
  });

  it('comes back after a lost connection, each time later', () => {
    const { sockets, phases, last } = harness();
    sockets[0]!.onclose!();
    expect(last()).toBe('waiting');
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(2);
    sockets[1]!.onclose!();
    vi.advanceTimersByTime(499);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(3);
    expect(phases.at(-1)).toEqual({ phase: 'connecting', attempt: 3 });
  });

  it('begins its waits anew only after a connection that lasted', () => {
    const { sockets } = harness();
    sockets[0]!.onclose!();
    vi.advanceTimersByTime(250);
    sockets[1]!.logIn();
    vi.advanceTimersByTime(kLastedMs);
    sockets[1]!.onclose!();
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(3);
  });

  it('asks a silent server for a sign of life and leaves it when none comes', () => {
    const { sockets, last } = harness();
    sockets[0]!.logIn();
    vi.advanceTimersByTime(kSilenceMs);
    expect(sockets[0]!.sent.at(-1)).toBe('PING :clamor\r\n');
    vi.advanceTimersByTime(kAnswerMs);
    expect(sockets[0]!.closed).toBe(true);
    expect(last()).toBe('waiting');
  });

  it('stays with a silent server that answers', () => {
    const { sockets, last } = harness();
    sockets[0]!.logIn();
    vi.advanceTimersByTime(kSilenceMs);
    sockets[0]!.hear(':tmi.twitch.tv PONG tmi.twitch.tv :clamor');
    vi.advanceTimersByTime(kAnswerMs);
    expect(last()).toBe('online');
  });

  it('does not try a refused login again', () => {
    const { sockets, phases } = harness();
    sockets[0]!.onopen!();
    sockets[0]!.hear(':tmi.twitch.tv NOTICE * :Login authentication failed');
    expect(phases.at(-1)).toEqual({ phase: 'refused', reason: 'Login authentication failed' });
    vi.advanceTimersByTime(120_000);
    expect(sockets).toHaveLength(1);
  });

  it('leaves a server that announces RECONNECT and comes back', () => {
    const { sockets, last } = harness();
    sockets[0]!.logIn();
    sockets[0]!.hear(':tmi.twitch.tv RECONNECT');
    vi.advanceTimersByTime(300);
    expect(sockets).toHaveLength(2);
    sockets[1]!.logIn();
    expect(last()).toBe('online');
  });

  it('is quiet after close', () => {
    const { source, sockets, last } = harness();
    sockets[0]!.logIn();
    source.close();
    expect(last()).toBe('closed');
    vi.advanceTimersByTime(120_000);
    expect(sockets).toHaveLength(1);
  });
});
