// SPDX-License-Identifier: Apache-2.0
import { WebSocket } from 'ws';

/** Connections from one address; the server takes 100 by default. */
const kPerAddress = 60;

/** Somebody who is logged in over IRC and WebSocket, and only writes. */
class Chatter {
  constructor(url, login, localAddress) {
    this.login = login;
    this.refused = 0;
    this.socket = new WebSocket(url, { localAddress, perMessageDeflate: false });
  }

  ready() {
    return new Promise((resolve, reject) => {
      this.socket.on('open', () => {
        for (const line of ['CAP REQ :twitch.tv/tags twitch.tv/commands', `PASS oauth:${this.login}`, `NICK ${this.login}`]) {
          this.socket.send(`${line}\r\n`);
        }
      });
      this.socket.on('message', (data) => {
        const text = data.toString();
        if (text.includes(' 376 ')) resolve(this);
        if (text.startsWith('PING')) this.socket.send('PONG\r\n');
        if (text.includes(' NOTICE ')) this.refused += 1;
      });
      this.socket.on('error', reject);
      this.socket.on('close', () => reject(new Error(`${this.login} was closed`)));
    });
  }

  say(channel, text) {
    this.socket.send(`PRIVMSG #${channel} :${text}\r\n`);
  }
}

/** Many chatters, on as many loopback addresses as they need. */
export async function manyChatters(url, count, prefix) {
  const chatters = [];
  for (let i = 0; i < count; i += 1) {
    chatters.push(new Chatter(url, `${prefix}${i}`, `127.0.0.${2 + Math.floor(i / kPerAddress)}`));
  }
  await Promise.all(chatters.map((chatter) => chatter.ready()));
  return chatters;
}

/** Sends at a steady rate, taking turns; resolves with the number sent. */
export function flood(chatters, channel, perSecond, seconds, textOf) {
  const start = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min((performance.now() - start) / 1000, seconds);
      for (; sent < elapsed * perSecond; sent += 1) chatters[sent % chatters.length].say(channel, textOf(sent));
      if (elapsed < seconds) return;
      clearInterval(timer);
      resolve(sent);
    }, 10);
  });
}
