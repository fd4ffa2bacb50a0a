// SPDX-License-Identifier: Apache-2.0
import { idOf, type Line } from '../model/timeline';

/** With more new lines than this in a while, they are no longer read out one by one but counted. */
export const kReadOutMax = 4;
export const kWhileMs = 3_000;
/** How often the count is spoken. */
export const kSummaryMs = 15_000;

/** Keeps a screen reader from being flooded: decides when lines are read out and when only their number is. */
export class Announcer {
  private recent = 0;
  private counted = 0;
  private whileTimer: ReturnType<typeof setTimeout> | undefined;
  private summaryTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param tell is given the text to speak and whether lines are not to be read out */
  constructor(private readonly tell: (text: string, busy: boolean) => void) {}

  saw(before: readonly Line[], after: readonly Line[]): void {
    const last = before.at(-1);
    const at = last === undefined ? -1 : after.findLastIndex((line) => idOf(line) === idOf(last));
    const fresh = last !== undefined && at < 0 ? after.length : after.length - 1 - at;
    if (fresh <= 0) return;
    this.recent += fresh;
    this.whileTimer ??= setTimeout(() => this.endWhile(), kWhileMs);
    if (this.recent > kReadOutMax) this.summaryTimer ??= setTimeout(() => this.summarise(), kSummaryMs);
    if (this.summaryTimer !== undefined) {
      this.counted += fresh;
      this.tell('', true);
    }
  }

  stop(): void {
    clearTimeout(this.whileTimer);
    clearTimeout(this.summaryTimer);
    this.whileTimer = this.summaryTimer = undefined;
  }

  private endWhile(): void {
    this.whileTimer = undefined;
    this.recent = 0;
  }

  private summarise(): void {
    this.summaryTimer = undefined;
    const count = this.counted;
    this.counted = 0;
    this.tell(`${count} new messages`, false);
  }
}
