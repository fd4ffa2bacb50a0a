// SPDX-License-Identifier: Apache-2.0
// Pictures of the page in its states, at the sizes that matter, light and dark: CLAMOR_URL=http://… (npm run dev will
// do, scenes included) SHOTS=folder npm run shots [part of a name]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';

const base = process.env.CLAMOR_URL ?? 'http://localhost:5173';
const folder = process.env.SHOTS ?? 'shots';
const only = process.argv[2] ?? '';
mkdirSync(folder, { recursive: true });

const kSizes = { wide: [1440, 900], tablet: [768, 1024], phone: [390, 844], tiny: [320, 568] };

const field = (page) => page.locator('clamor-composer textarea');
async function logIn(page, name = 'harbor') {
  await page.evaluate((login) => localStorage.setItem('clamor.identity', JSON.stringify({ login, token: login })), name);
  await page.reload();
  await field(page).waitFor();
  await page.waitForTimeout(400);
}
async function say(page, text) {
  await field(page).fill(text);
  await field(page).press('Enter');
}

const kStates = {
  home: { path: '/' },
  reading: { path: '/c/lobby' },
  replies: {
    path: '/c/lobby',
    act: async (page) => {
      await logIn(page);
      await say(page, '/mock replies');
      await page.waitForTimeout(200);
      await say(page, 'hello from me ClamWave');
      await page.waitForTimeout(400);
    },
  },
  picker: {
    path: '/c/lobby',
    act: async (page) => {
      await logIn(page);
      await page.getByRole('button', { name: 'Emotes' }).click();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
    },
  },
  completion: {
    path: '/c/lobby',
    act: async (page) => {
      await logIn(page);
      await field(page).pressSequentially('nice one :clam');
      await page.keyboard.press('ArrowDown');
    },
  },
  refused: {
    path: '/c/lobby',
    act: async (page) => {
      await logIn(page);
      await say(page, '/mock modes');
      await say(page, '/mock refuse');
      await say(page, 'this one comes too early');
      await page.waitForTimeout(400);
      const article = page.locator('clamor-log article').nth(-3);
      await article.focus();
      await page.keyboard.press('r');
      await field(page).fill('x'.repeat(470));
    },
  },
  lost: {
    path: '/c/lobby',
    act: async (page) => {
      await logIn(page);
      await say(page, '/mock reconnect');
      await page.waitForTimeout(700);
    },
  },
  back: {
    path: '/c/lobby',
    act: async (page) => {
      await logIn(page);
      await page.locator('clamor-log .scroll').hover();
      await page.mouse.wheel(0, -900);
      await page.waitForTimeout(300);
      await say(page, '/mock raid');
      await page.locator('clamor-log .scroll').hover();
      await page.mouse.wheel(0, -700);
      await page.waitForTimeout(1500);
    },
  },
  deleted: {
    path: '/c/lobby',
    act: async (page) => {
      await logIn(page);
      await say(page, '/mock clear');
      await page.waitForTimeout(300);
    },
  },
  login: { path: '/c/lobby', act: async (page) => page.getByRole('button', { name: 'Log in' }).first().click() },
  drawer: {
    path: '/c/lobby',
    sizes: ['tablet', 'phone', 'tiny'],
    act: async (page) => page.getByRole('button', { name: 'Channels' }).click(),
  },
  embed: { path: '/embed.html' },
};

const browser = await launch();
for (const [size, [width, height]] of Object.entries(kSizes)) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [state, { path, act, sizes }] of Object.entries(kStates)) {
      const name = `${state}-${size}-${colorScheme}`;
      if (!name.includes(only) || (sizes && !sizes.includes(size))) continue;
      const context = await browser.newContext({ viewport: { width, height }, colorScheme });
      const page = await context.newPage();
      page.on('pageerror', (error) => console.log(`${name}: ${error}`));
      page.on('console', (message) => message.type() === 'error' && console.log(`${name}: ${message.text()}`));
      await page.goto(base + path);
      await page.waitForTimeout(900);
      await act?.(page);
      await page.waitForTimeout(250);
      await page.screenshot({ path: join(folder, `${name}.png`) });
      await context.close();
    }
  }
}
await browser.close();
