// SPDX-License-Identifier: Apache-2.0
import { kMockPeople, kMockTexts } from './mock-data';
import { replyTo, type MockChat } from './mock-source';

function anyText(): string {
  return kMockTexts[Math.floor(Math.random() * kMockTexts.length)]!;
}

function flood(chat: MockChat, perSecond: number, seconds: number): void {
  const stop = chat.every(50, () => {
    for (let i = 0; i < perSecond / 20; i += 1) chat.say(anyText());
  });
  chat.after(seconds * 1000, stop);
}

const kScenes = {
  /** A quiet channel. */
  talk: (chat: MockChat) => void chat.every(2_500, () => chat.say(anyText())),
  quiet: (chat: MockChat) => chat.stopAll(),
  flood: (chat: MockChat) => flood(chat, 200, 20),

  raid: (chat: MockChat) => {
    chat.emit({
      kind: 'announcement',
      channel: chat.place,
      id: 'raid',
      text: '240 raiders from LanternFish have joined!',
      message: null,
      sentAt: Date.now(),
    });
    for (let i = 0; i < 120; i += 1) chat.after(200 + i * 25, () => chat.say(i % 3 === 0 ? 'ClamHype ClamHype RAID' : 'ClamWave hello from LanternFish', { first: i % 9 === 0 }));
  },

  /** The connection breaks for some seconds in which people go on talking. */
  reconnect: (chat: MockChat) => {
    chat.status({ phase: 'waiting', attempt: 1, retryAt: Date.now() + 4_000 });
    for (let i = 0; i < 5; i += 1) chat.after(600 * i, () => chat.say(`said while you were away (${i + 1})`, { silent: true }));
    chat.after(4_000, () => chat.status({ phase: 'connecting', attempt: 2 }));
    chat.after(4_600, () => chat.status({ phase: 'online' }));
  },

  replies: (chat: MockChat) => {
    const [mira, salt, paula] = kMockPeople;
    const root = chat.say('Which engine should I try next?', { person: mira! });
    const first = chat.say('@Mira the small one with the good editor', { person: salt!, reply: replyTo(root) });
    chat.say('@Old_Salt seconded, it builds in four seconds ClamHype', { person: paula!, reply: replyTo(first) });
    chat.say('/me puts the kettle on', { person: salt! });
    chat.say('@harbor and what do you think? ClamThink', { person: paula! });
    chat.say('hello all, long time reader', { person: kMockPeople[9]!, first: true });
  },

  refuse: (chat: MockChat) => chat.refuseOnce(),

  modes: (chat: MockChat) =>
    chat.emit({ kind: 'roomState', channel: chat.place, roomId: '1000', modes: { slowSeconds: 30, followersMinutes: 10 } }),

  /** A person's messages go, then one message. */
  clear: (chat: MockChat) => {
    const last = chat.kept.at(-1)!;
    chat.emit({ kind: 'userCleared', channel: chat.place, login: 'sandra_dee', seconds: 600 });
    chat.emit({ kind: 'messageDeleted', channel: chat.place, messageId: last.id });
  },
};

export type Scene = keyof typeof kScenes;

export function playScene(chat: MockChat, scene: Scene): void {
  kScenes[scene]?.(chat);
}
