// SPDX-License-Identifier: Apache-2.0

export const kBackoffFirstMs = 500;
export const kBackoffMaxMs = 30_000;

/**
 * Wait before the given attempt (1 is the first). Doubles up to the maximum; the upper half is random, so that
 * thousands of pages that lost the same server do not come back in step.
 */
export function backoffMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(kBackoffMaxMs, kBackoffFirstMs * 2 ** Math.min(attempt - 1, 16));
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
