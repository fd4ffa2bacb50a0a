// SPDX-License-Identifier: Apache-2.0
import type { BadgeRef } from '../protocol/events';
import type { Badge, Emote } from '../protocol/rest';

/** The pictures of one channel, and the names of those that share its chat. Replaced whole when something is loaded. */
export interface Catalog {
  emotes: readonly Emote[];
  emoteById: ReadonlyMap<string, Emote>;
  emoteByCode: ReadonlyMap<string, Emote>;
  badges: ReadonlyMap<string, readonly Badge[]>;
  /** By channel id. */
  channelNames: ReadonlyMap<string, string>;
}

export const kEmptyCatalog: Catalog = {
  emotes: [],
  emoteById: new Map(),
  emoteByCode: new Map(),
  badges: new Map(),
  channelNames: new Map(),
};

const kTypeOrder = { channel: 0, global: 1, bits: 2 } as const;

export function buildCatalog(
  emotes: readonly Emote[],
  badges: readonly Badge[],
  channelNames: Catalog['channelNames'] = new Map(),
): Catalog {
  const sorted = [...emotes].sort((a, b) => kTypeOrder[a.type] - kTypeOrder[b.type] || a.code.localeCompare(b.code));
  const byName = new Map<string, Badge[]>();
  for (const badge of badges) byName.set(badge.name, [...(byName.get(badge.name) ?? []), badge]);
  return {
    emotes: sorted,
    emoteById: new Map(sorted.map((emote) => [emote.id, emote])),
    emoteByCode: new Map(sorted.map((emote) => [emote.code, emote])),
    badges: byName,
    channelNames,
  };
}

/**
 * The picture of a badge. Versions that count months fall back to the highest one that is not above: `subscriber/8` is
 * drawn as the badge of six months.
 */
export function badgePicture(catalog: Catalog, { name, version }: BadgeRef): Badge | null {
  const versions = catalog.badges.get(name);
  if (versions === undefined) return null;
  const exact = versions.find((badge) => badge.version === version);
  if (exact !== undefined || !/^\d+$/.test(version)) return exact ?? null;
  const wanted = Number(version) % 1000;
  let best: Badge | null = null;
  for (const badge of versions) {
    const months = Number(badge.version);
    if (months <= wanted && (best === null || months > Number(best.version))) best = badge;
  }
  return best;
}

/** Whether an emote asks for a subscription that the badges don't show. The server decides; this only tells. */
export function lockedFor(emote: Emote, badges: readonly BadgeRef[]): boolean {
  if (emote.tier === null) return false;
  return !badges.some(({ name }) => name === 'subscriber' || name === 'founder' || name === 'broadcaster');
}
