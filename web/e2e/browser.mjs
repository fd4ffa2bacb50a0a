// SPDX-License-Identifier: Apache-2.0
import { chromium } from 'playwright-core';

/** Chromium as Debian has it; its profile is a fresh one that is gone afterwards. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
    ],
  });
}
