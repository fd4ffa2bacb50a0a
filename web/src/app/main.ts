// SPDX-License-Identifier: Apache-2.0
import './clamor-app';

/** In development only: replaces the server by people who do not exist, or by the one that VITE_CLAMOR_URL names. */
async function substituteServer(): Promise<void> {
  const { useBackend, httpBackend } = await import('./connect');
  const server = import.meta.env.VITE_CLAMOR_URL as string | undefined;
  if (server !== undefined) {
    useBackend({ createSource: httpBackend(server).createSource, api: httpBackend('').api });
    return;
  }
  const { MockChat } = await import('../protocol/mock-source');
  const chat = new MockChat(new URLSearchParams(location.search).get('scene') ?? 'talk');
  useBackend({ createSource: () => chat, api: chat });
}

async function start(): Promise<void> {
  if (import.meta.env.DEV) await substituteServer();
  document.body.append(document.createElement('clamor-app'));
}

void start();
