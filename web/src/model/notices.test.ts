// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { badgePicture, buildCatalog } from './catalog';
import { kOpenModes } from './chat-state';
import { cleaned, isCommand, lengthOf } from './draft';
import { durationText, modeTexts, noticeRefuses, waitOf } from './notices';

describe('notices', () => {
  it('that refuse are known by their id', () => {
    expect(['msg_slowmode', 'msg_banned', 'no_permission'].every(noticeRefuses)).toBe(true);
    expect(['slow_on', 'color_changed', 'room_mods'].some(noticeRefuses)).toBe(false);
  });

  it('name the seconds to wait', () => {
    expect(waitOf('msg_timedout', 'You are timed out for 12 more seconds.')).toBe(12);
    expect(waitOf('msg_slowmode', 'You will be able to talk again in 7 seconds.')).toBe(7);
    expect(waitOf('msg_duplicate', 'identical, less than 30 seconds ago')).toBe(0);
  });
});

describe('room modes', () => {
  it('of an open room are not worth a word', () => {
    expect(modeTexts(kOpenModes)).toEqual([]);
  });

  it('are told with their measure', () => {
    const modes = { ...kOpenModes, slowSeconds: 120, followersMinutes: 60 };
    expect(modeTexts(modes).map(({ text }) => text)).toEqual(['Followers only · 1 hour', 'Slow mode · 2 minutes']);
    expect(durationText(45)).toBe('45 s');
  });
});

describe('drafts', () => {
  it('are measured in code points and sent as one line', () => {
    expect(lengthOf('a😂b')).toBe(3);
    expect(cleaned('  two\r\nlines ')).toBe('two lines');
  });

  it('are commands when they begin like one, except /me', () => {
    expect(['/slow 3', '.ban x'].every(isCommand)).toBe(true);
    expect(['/me waves', '/ /x', '..', 'a /b', '...'].some(isCommand)).toBe(false);
  });
});

describe('badgePicture', () => {
  const badge = (version: string) => ({ name: 'subscriber', version, title: version, url: 'u', url2x: 'u', url4x: 'u' });
  const catalog = buildCatalog([], ['0', '3', '6'].map(badge));

  it('falls back to the months that were reached', () => {
    const of = (version: string) => badgePicture(catalog, { name: 'subscriber', version })?.version;
    expect([of('6'), of('8'), of('2'), of('3012')]).toEqual(['6', '6', '0', '6']);
  });

  it('draws nothing for badges that nobody knows', () => {
    expect(badgePicture(catalog, { name: 'vip', version: '1' })).toBeNull();
  });
});
