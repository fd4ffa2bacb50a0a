// SPDX-License-Identifier: Apache-2.0
import type { Identity } from '../protocol/source';

const kKey = 'clamor.identity';
export const kAnonymous: Identity = { login: null, token: '' };

function storage(dev: boolean): Storage {
  // A development name is remembered for good; a token only as long as the tab lives.
  return dev ? localStorage : sessionStorage;
}

function parse(text: string | null): Identity | null {
  try {
    const value = JSON.parse(text ?? '') as { login?: unknown; token?: unknown };
    if (typeof value.login !== 'string' || typeof value.token !== 'string') return null;
    return { login: value.login, token: value.token };
  } catch {
    return null;
  }
}

/** Who was logged in here last. Storage can be forbidden, as in some frames: then nobody was. */
export function loadIdentity(): Identity {
  try {
    return parse(sessionStorage.getItem(kKey)) ?? parse(localStorage.getItem(kKey)) ?? kAnonymous;
  } catch {
    return kAnonymous;
  }
}

export function saveIdentity(identity: Identity, dev: boolean): void {
  try {
    sessionStorage.removeItem(kKey);
    localStorage.removeItem(kKey);
    if (identity.login !== null) storage(dev).setItem(kKey, JSON.stringify(identity));
  } catch {
    // Not remembered, then; the login holds until the page is left.
  }
}
