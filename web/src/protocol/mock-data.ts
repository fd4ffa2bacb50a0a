// SPDX-License-Identifier: Apache-2.0
import type { Badge, Channel, Emote } from './rest';

export const kMockChannels: Channel[] = [
  { id: '1000', login: 'lobby', displayName: 'Lobby', title: 'Say hello before you dive in', viewers: 1284 },
  { id: '1010', login: 'tidepool', displayName: 'Tidepool', title: 'Speedrunning with a very small keyboard', viewers: 412 },
  { id: '1020', login: 'nightowls', displayName: 'NightOwls', title: 'Late talk: shaders, tea and bad puns', viewers: 87 },
  { id: '1030', login: 'chessclub', displayName: 'ChessClub', title: 'Blitz until somebody resigns', viewers: 23 },
  { id: '1040', login: 'workshop', displayName: 'Workshop', title: 'Building a synthesizer from scrap', viewers: 0 },
];

/** Code, file, and whether it belongs to the channel; the last one is for subscribers. */
const kEmotes: readonly [string, string, boolean][] = [
  ['ClamWave', 'clam-wave', false],
  ['ClamLol', 'clam-lol', false],
  ['ClamHype', 'clam-hype', false],
  ['ClamCry', 'clam-cry', false],
  ['ClamThink', 'clam-think', false],
  ['ClamHeart', 'clam-heart', false],
  ['ClamShock', 'clam-shock', false],
  ['ClamCool', 'clam-cool', false],
  ['ClamSleep', 'clam-sleep', false],
  ['ClamRage', 'clam-rage', false],
  ['ClamGG', 'clam-gg', false],
  ['PearlPog', 'pearl-pog', false],
  ['runGold', 'run-gold', true],
  ['runReset', 'run-reset', true],
  ['runFrame', 'run-frame', true],
];

export const kMockEmotes: Emote[] = kEmotes.map(([code, file, own], index) => {
  const url = `/static/emotes/${file}.svg`;
  const tier = index === kEmotes.length - 1 ? 1 : null;
  return { id: `emote-${code}`, code, type: own ? 'channel' : 'global', channelId: null, tier, url, url2x: url, url4x: url };
});

const kBadges: readonly [string, string, string][] = [
  ['broadcaster', '1', 'Broadcaster'],
  ['moderator', '1', 'Moderator'],
  ['vip', '1', 'VIP'],
  ['founder', '0', 'Founder'],
  ['bot-badge', '1', 'Verified bot'],
  ['subscriber', '0', 'Subscriber'],
  ['subscriber', '3', '3-month subscriber'],
  ['subscriber', '6', '6-month subscriber'],
  ['subscriber', '12', '1-year subscriber'],
];

export const kMockBadges: Badge[] = kBadges.map(([name, version, title]) => {
  const url = `/static/badges/${name === 'subscriber' ? `subscriber-${version}` : name}.svg`;
  return { name, version, title, url, url2x: url, url4x: url };
});

export interface MockPerson {
  login: string;
  displayName: string;
  color: string;
  badges: string;
}

const person = (displayName: string, color: string, badges = ''): MockPerson => ({
  login: displayName.toLowerCase(),
  displayName,
  color,
  badges,
});

export const kMockPeople: MockPerson[] = [
  person('Mira', '#0000FF', 'broadcaster/1,subscriber/12'),
  person('Old_Salt', '#8A2BE2', 'moderator/1,subscriber/6'),
  person('PixelPaula', '#FF69B4', 'vip/1'),
  person('quiet_kelp', '', 'subscriber/3'),
  person('Bytebarnacle', '#2E8B57'),
  person('LanternFish', '#DAA520', 'founder/0'),
  person('sandra_dee', '#FF0000'),
  person('Tidebot', '#1E90FF', 'bot-badge/1'),
  person('Nori', '#00FF7F', 'subscriber/0'),
  person('wavelength', ''),
  person('Coralline', '#FFFF00', 'subscriber/6'),
  person('Hermit', '#111111'),
];

export const kMockTexts = [
  'good evening everyone ClamWave',
  'that jump was so clean ClamHype ClamHype',
  'wait, is this the same seed as yesterday?',
  'first time here, what are we looking at?',
  'ClamLol he did it again',
  'the patch notes are at https://example.org/notes?v=2 if anybody wants to read along',
  'I have been trying to land that trick for three weeks and you just do it on the first try ClamCry',
  'gg ClamGG',
  'hmm ClamThink',
  '@Mira could you show the settings again?',
  'tea break when?',
  'ClamShock ClamShock ClamShock',
  'audio is a bit low for me, anyone else?',
  'sounds fine here',
  'new personal best by four seconds!! runGold',
  'I will lurk, have to cook ClamSleep',
  'who made the overlay, it looks lovely ClamHeart',
  'そのジャンプすごい PearlPog',
];
