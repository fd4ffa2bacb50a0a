// SPDX-License-Identifier: Apache-2.0
import { HttpApi, type Api } from '../protocol/api';
import type { Source } from '../protocol/source';
import { WebSocketSource } from '../protocol/websocket-source';

/** The two ways to a server. */
export interface Backend {
  createSource(): Source;
  api: Api;
}

/** @param server `ws(s)://` or `http(s)://` address; empty: the server that the page came from */
export function httpBackend(server: string): Backend {
  const base = new URL(server === '' ? location.origin : server.replace(/^ws/, 'http'), location.href);
  const socket = new URL(base);
  socket.protocol = base.protocol === 'https:' ? 'wss:' : 'ws:';
  return { createSource: () => new WebSocketSource({ url: socket.href }), api: new HttpApi(base.origin) };
}

/** Set by the development page, which runs without a server. */
let substitute: Backend | null = null;

export function useBackend(backend: Backend): void {
  substitute = backend;
}

export function backendFor(server: string): Backend {
  return substitute ?? httpBackend(server);
}
