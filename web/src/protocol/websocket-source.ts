// SPDX-License-Identifier: Apache-2.0
import { backoffMs } from './backoff';
import { decodeLine } from './decode';
import type { ChatEvent } from './events';
import { splitFrame } from './irc-line';
import { encodeRequest, type Identity, type Request, type Source, type SourceListener } from './source';

const kCapabilities = 'twitch.tv/tags twitch.tv/commands twitch.tv/membership clamor.dev/seq';
/** After this much silence the source asks for a sign of life, and waits as long again for it at most. */
export const kSilenceMs = 30_000;
export const kAnswerMs = 10_000;
/** A connection that has not logged in by then is given up. */
export const kLoginMs = 10_000;
/** A connection that was online for this long counts as one that worked. */
export const kLastedMs = 10_000;
/** A server that announces its restart is left after a short random while, so that not everybody leaves at once. */
export const kReconnectSpreadMs = 3_000;

const kLoginFailures = /login authentication failed|login unsuccessful|improperly formatted auth|invalid nick|error logging in/i;

/** The part of a browser's WebSocket that is used here. */
export interface Socket {
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send(data: string): void;
  close(): void;
}

export interface WebSocketSourceOptions {
  url: string;
  createSocket?: (url: string) => Socket;
  random?: () => number;
}

/** IRC over WebSocket with login, keep-alive and reconnection. */
export class WebSocketSource implements Source {
  private readonly url: string;
  private readonly createSocket: (url: string) => Socket;
  private readonly random: () => number;
  private socket: Socket | null = null;
  private listener: SourceListener | null = null;
  private identity: Identity = { login: null, token: '' };
  private online = false;
  private onlineSince = 0;
  private attempt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private lifeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WebSocketSourceOptions) {
    this.url = options.url;
    this.createSocket = options.createSocket ?? ((url) => new WebSocket(url) as unknown as Socket);
    this.random = options.random ?? Math.random;
  }

  open(identity: Identity, listener: SourceListener): void {
    this.release();
    this.identity = identity;
    this.listener = listener;
    this.attempt = 0;
    globalThis.addEventListener?.('online', this.retryNow);
    this.connect();
  }

  send(request: Request): boolean {
    if (!this.online) return false;
    this.write(encodeRequest(request));
    return true;
  }

  close(): void {
    this.release();
    this.listener?.onStatus({ phase: 'closed' });
    this.listener = null;
  }

  /** The browser says that the network is back: don't wait for the timer. */
  private readonly retryNow = () => {
    if (this.socket === null && this.retryTimer !== undefined) this.connect();
  };

  private release(): void {
    globalThis.removeEventListener?.('online', this.retryNow);
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.dropSocket();
  }

  private dropSocket(): void {
    clearTimeout(this.lifeTimer);
    this.online = false;
    const socket = this.socket;
    if (socket === null) return;
    this.socket = null;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }

  private connect(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.attempt += 1;
    this.listener?.onStatus({ phase: 'connecting', attempt: this.attempt });
    let socket: Socket;
    try {
      socket = this.createSocket(this.url);
    } catch {
      this.lose();
      return;
    }
    this.socket = socket;
    socket.onopen = () => this.login();
    socket.onclose = () => this.lose();
    socket.onmessage = (event) => {
      if (typeof event.data === 'string') this.receive(event.data);
    };
    this.lifeTimer = setTimeout(() => this.lose(), kLoginMs);
  }

  private login(): void {
    const { login, token } = this.identity;
    const lines = [`CAP REQ :${kCapabilities}`];
    if (login !== null) lines.push(`PASS oauth:${token}`);
    lines.push(`NICK ${login ?? `justinfan${10_000 + Math.floor(this.random() * 90_000)}`}`);
    for (const line of lines) this.write(line);
  }

  private lose(): void {
    // Only a connection that lasted starts the waits from the beginning: a server that lets one in and then falls
    // over must not be called twice a second.
    if (this.online && Date.now() - this.onlineSince >= kLastedMs) this.attempt = 1;
    this.dropSocket();
    if (this.listener === null) return;
    const wait = backoffMs(this.attempt, this.random);
    this.retryTimer = setTimeout(() => this.connect(), wait);
    this.listener.onStatus({ phase: 'waiting', attempt: this.attempt, retryAt: Date.now() + wait });
  }

  private refuse(reason: string): void {
    this.release();
    this.listener?.onStatus({ phase: 'refused', reason });
  }

  private receive(frame: string): void {
    const events: ChatEvent[] = [];
    for (const line of splitFrame(frame)) {
      const event = decodeLine(line);
      if (event !== null) events.push(event);
    }
    if (this.online) this.watch();
    for (const event of events) {
      if (event.kind === 'ping') this.write(`PONG :${event.token}`);
      if (event.kind === 'notice' && event.channel === null && kLoginFailures.test(event.text)) {
        this.refuse(event.text);
        return;
      }
      if (event.kind === 'welcome') {
        this.online = true;
        this.onlineSince = Date.now();
        this.watch();
        this.listener?.onStatus({ phase: 'online' });
      }
      if (event.kind === 'reconnect') this.leaveSoon();
    }
    if (events.length > 0) this.listener?.onEvents(events);
  }

  private leaveSoon(): void {
    clearTimeout(this.lifeTimer);
    this.lifeTimer = setTimeout(() => this.lose(), this.random() * kReconnectSpreadMs);
  }

  private watch(): void {
    clearTimeout(this.lifeTimer);
    this.lifeTimer = setTimeout(() => {
      this.write('PING :clamor');
      this.lifeTimer = setTimeout(() => this.lose(), kAnswerMs);
    }, kSilenceMs);
  }

  private write(line: string): void {
    this.socket?.send(`${line}\r\n`);
  }
}
