// SPDX-License-Identifier: Apache-2.0

/** A page in the background has no frames; there the work is done this often. */
const kHiddenMs = 500;
/** After a turn that took t the next one waits for at least this many t, so that drawing never fills the thread. */
const kRestFactor = 3;
const kRestMaxMs = 250;

/** Runs work at most once for each frame, and less often when the work is slow. */
export class FrameClock {
  private scheduled = false;
  private notBefore = 0;

  constructor(private readonly work: () => void) {}

  request(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const wait = this.notBefore - performance.now();
    if (document.hidden) setTimeout(this.run, kHiddenMs);
    else if (wait > 0) setTimeout(() => requestAnimationFrame(this.run), wait);
    else requestAnimationFrame(this.run);
  }

  private readonly run = () => {
    this.scheduled = false;
    const start = performance.now();
    this.work();
    // Drawing follows in microtasks and in layout; measured at the next task, which runs after both.
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      const end = performance.now();
      this.notBefore = end + Math.min(kRestMaxMs, (end - start) * kRestFactor);
      channel.port1.close();
    };
    channel.port2.postMessage(null);
  };
}
