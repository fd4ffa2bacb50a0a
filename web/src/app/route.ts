// SPDX-License-Identifier: Apache-2.0

/** A channel's login as somebody may type it: with `#`, with capitals, as an address. Null when it cannot be one. */
export function loginFrom(typed: string): string | null {
  const login = typed.trim().replace(/^#/, '').toLowerCase();
  return /^[a-z0-9_]{1,25}$/.test(login) ? login : null;
}

/** The channel that a path of the page shows; null: the list of channels. */
export function channelOfPath(path: string): string | null {
  const match = /^\/c\/([^/]+)\/?$/.exec(path);
  return match === null ? null : loginFrom(match[1]!);
}

export function pathOf(channel: string | null): string {
  return channel === null ? '/' : `/c/${channel}`;
}
