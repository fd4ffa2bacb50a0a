// SPDX-License-Identifier: Apache-2.0
import type { Badge, Channel, Emote } from './rest';

export const kMockChannels: Channel[] = [
  { id: '1000', login: 'lobby', displayName: 'Lobby', title: 'Say hello before you dive in', viewers: 1284 },
  { id: '1010', login: 'tidepool', displayName: 'Tidepool', title: 'Speedrunning with a very small keyboard', viewers: 412 },
  { id: '1020', login: 'nightowls', displayName: 'NightOwls', title: 'Late talk: shaders, tea and bad puns', viewers: 87 },
  { id: '1030', login: 'chessclub', displayName: 'ChessClub', title: 'Blitz until somebody resigns', viewers: 23 },
  { id: '1040', login: 'workshop', displayName: 'Workshop', title: 'Building a synthesizer from scrap', viewers: 0 },
];

const kCodes = [
  'clamHype', 'clamLul', 'clamCry', 'clamHeart', 'clamGg', 'clamWave', 'clamThink', 'clamShock',
  'clamSleep', 'clamCool', 'clamRage', 'clamWow', 'clamPearl', 'clamLurk', 'clamParty', 'clamNope',
];

export const kMockEmotes: Emote[] = kCodes.map((code, index) => {
  const url = `/static/emotes/${code}.svg`;
  const type = index >= 14 ? 'channel' : 'global';
  return { id: `emote-${code}`, code, type, channelId: null, tier: index === 15 ? 1 : null, url, url2x: url, url4x: url };
});

const kBadges: readonly [string, string, string][] = [
  ['broadcaster', '1', 'Broadcaster'],
  ['moderator', '1', 'Moderator'],
  ['vip', '1', 'VIP'],
  ['founder', '0', 'Founder'],
  ['bot', '1', 'Verified bot'],
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
  person('Tidebot', '#1E90FF', 'bot/1'),
  person('Nori', '#00FF7F', 'subscriber/0'),
  person('wavelength', ''),
  person('Coralline', '#FFFF00', 'subscriber/6'),
  person('Hermit', '#111111'),
];

export const kMockTexts = [
  'good evening everyone clamWave',
  'that jump was so clean clamHype clamHype',
  'wait, is this the same seed as yesterday?',
  'first time here, what are we looking at?',
  'clamLul he did it again',
  'the patch notes are at https://example.org/notes?v=2 if anybody wants to read along',
  'I have been trying to land that trick for three weeks and you just do it on the first try clamCry',
  'gg clamGg',
  'hmm clamThink',
  '@Mira could you show the settings again?',
  'tea break when?',
  'clamShock clamShock clamShock',
  'audio is a bit low for me, anyone else?',
  'sounds fine here',
  'new personal best by four seconds!! clamParty',
  'I will lurk, have to cook clamLurk',
  'who made the overlay, it looks lovely clamHeart',
  'そのジャンプすごい clamWow',
];
