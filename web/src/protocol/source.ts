// SPDX-License-Identifier: Apache-2.0
import type { ChatEvent } from './events';
import { escapeTag } from './irc-line';

/** Who connects; without a login the connection is anonymous and can only read. */
export interface Identity {
  login: string | null;
  token: string;
}

export type Request =
  | { kind: 'join'; channel: string }
  | { kind: 'part'; channel: string }
  | { kind: 'say'; channel: string; text: string; nonce: string; replyTo: string | null };

export type SourceStatus =
  | { phase: 'closed' }
  | { phase: 'connecting'; attempt: number }
  | { phase: 'online' }
  /** The connection was lost; the next attempt is at `retryAt` (Unix ms). */
  | { phase: 'waiting'; attempt: number; retryAt: number }
  /** The login was refused; there is no use in another attempt with the same identity. */
  | { phase: 'refused'; reason: string };

export interface SourceListener {
  /** Events in the order of the wire, one call for each frame. */
  onEvents(events: readonly ChatEvent[]): void;
  onStatus(status: SourceStatus): void;
}

/**
 * A live connection that comes back by itself. It joins nothing by itself: who opened it joins again at each `online`.
 */
export interface Source {
  /** Connects, and closes an earlier connection first. */
  open(identity: Identity, listener: SourceListener): void;
  /** False when the request could not be written because the connection is not online. */
  send(request: Request): boolean;
  close(): void;
}

export function encodeRequest(request: Request): string {
  switch (request.kind) {
    case 'join':
      return `JOIN #${request.channel}`;
    case 'part':
      return `PART #${request.channel}`;
    case 'say': {
      let tags = `client-nonce=${escapeTag(request.nonce)}`;
      if (request.replyTo !== null) tags += `;reply-parent-msg-id=${escapeTag(request.replyTo)}`;
      // A line break inside the text would end the line and start another command.
      const text = request.text.replace(/[\r\n\0]+/g, ' ');
      return `@${tags} PRIVMSG #${request.channel} :${text}`;
    }
  }
}
