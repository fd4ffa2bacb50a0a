// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { channelOfPath, loginFrom, pathOf } from './route';

describe('routes', () => {
  it('lead to a channel and back', () => {
    expect(channelOfPath('/c/lobby')).toBe('lobby');
    expect(channelOfPath(pathOf('lobby'))).toBe('lobby');
    expect(channelOfPath(pathOf(null))).toBeNull();
  });

  it('take names as people type them and refuse what is none', () => {
    expect(loginFrom(' #Lobby ')).toBe('lobby');
    for (const typed of ['', 'a b', 'x'.repeat(26), '<b>', '../x']) expect(loginFrom(typed)).toBeNull();
  });
});
