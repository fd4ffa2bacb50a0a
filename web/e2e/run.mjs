// SPDX-License-Identifier: Apache-2.0
// Drives the page in Chromium against a running server in development mode:
//   CLAMOR_URL=http://127.0.0.1:8080 [SHOTS=folder] [FLOOD_SECONDS=20] npm run e2e
// An https address works as well, with any certificate; NODE_TLS_REJECT_UNAUTHORIZED=0 has this process take it, too.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { flood, manyChatters } from './chatters.mjs';

const kUrl = process.env.CLAMOR_URL;
if (!kUrl) {
  console.error('CLAMOR_URL is missing: the address of a server in development mode, such as http://127.0.0.1:8080');
  process.exit(2);
}
const kShots = process.env.SHOTS ?? '';
const kFloodSeconds = Number(process.env.FLOOD_SECONDS ?? 20);
const kFloodRate = 100;
const kFloodUsers = 160;
/** What the list may hold: see kTailMax in src/model/timeline.ts. */
const kRowsMax = 500;
/** What the page may add to the event loop's lag, at the 95th percentile and at most. */
const kLagMs = { p95: 120, max: 1_000 };
/** The machine's own lag, seen in an empty page at the same time, counts this often: work takes as long in turns. */
const kMachineShare = 3;

const kRun = Date.now().toString(36);
const kChannel = `e2e_${kRun}`;
const kSocketUrl = kUrl.replace(/^http/, 'ws');

let passed = 0;
let failed = 0;
async function check(name, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n        ${String(error?.stack ?? error).split('\n').slice(0, 8).join('\n        ')}`);
  }
}

const browser = await launch();
const complaints = [];

/** A visitor with a storage of their own; their sockets can be cut and new ones forbidden. */
async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: kUrl.startsWith('https:'), ...options });
  await context.addInitScript(() => {
    const Real = window.WebSocket;
    window.sockets = [];
    window.cut = false;
    window.WebSocket = class extends Real {
      constructor(...args) {
        if (window.cut) throw new Error('cut off by the test');
        super(...args);
        window.sockets.push(this);
      }
    };
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  return page;
}

const field = (page) => page.locator('clamor-composer textarea');
const rows = (page) => page.locator('clamor-log article');
const withText = (page, text) => rows(page).filter({ hasText: text });
/** An own message once the server said it has it: before that its row has no id, and others may be shown it first. */
const confirmed = (page, text) => page.locator('clamor-log article[aria-busy="false"]', { hasText: text }).waitFor();

async function open(page) {
  await page.goto(`${kUrl}/c/${kChannel}`);
  await page.locator('clamor-log').waitFor();
}

async function logIn(page, login) {
  await page.locator('clamor-composer').getByRole('button', { name: 'Log in' }).click();
  await page.locator('clamor-login-dialog input').first().fill(login);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => {
    const chat = document.querySelector('clamor-app').shadowRoot.querySelector('clamor-chat').shadowRoot;
    return chat.querySelector('clamor-composer').shadowRoot.querySelector('textarea:enabled') !== null;
  });
}

async function say(page, text) {
  await field(page).fill(text);
  await field(page).press('Enter');
}

async function shot(page, name) {
  if (kShots === '') return;
  mkdirSync(kShots, { recursive: true });
  await page.screenshot({ path: join(kShots, `${name}.png`) });
}

async function drawn(locator) {
  await locator.waitFor();
  await locator.scrollIntoViewIfNeeded();
  await locator.evaluate((image) => image.decode());
  return locator.evaluate((image) => image.naturalWidth);
}

/** Ids of the drawn messages, top to bottom. */
const idsOf = (page) => rows(page).evaluateAll((list) => list.map((row) => row.dataset.id));
function assertOnce(ids) {
  assert.deepEqual(ids.filter((id, at) => id !== '' && ids.indexOf(id) !== at), [], 'a message is drawn twice');
}

const owner = await visitor();
const guest = await visitor({ colorScheme: 'dark' });

await check('a visitor reads without an account and is offered to log in', async () => {
  await open(owner);
  await owner.getByText('You are reading without an account.').waitFor();
  await shot(owner, 'anonymous');
});

await check('two visitors log in under different names', async () => {
  await logIn(owner, kChannel);
  await open(guest);
  await logIn(guest, `guest_${kRun}`);
});

await check('they talk both ways, and an own message is confirmed', async () => {
  await say(owner, 'welcome, guest');
  await withText(guest, 'welcome, guest').waitFor();
  await say(guest, 'thank you, owner');
  await withText(owner, 'thank you, owner').waitFor();
  await confirmed(guest, 'thank you, owner');
  assert.notEqual(await withText(guest, 'thank you, owner').getAttribute('data-id'), '');
});

await check('an emote and a badge are drawn as pictures', async () => {
  const { channel } = await (await fetch(`${kUrl}/api/channels/${kChannel}/messages?limit=1`)).json();
  const { emotes } = await (await fetch(`${kUrl}/api/emotes/${channel.id}`)).json();
  const emote = emotes.find(({ tier_required: tier, type }) => tier === null && type === 'global');
  assert.ok(emote, 'the server has a global emote');
  await say(owner, `look ${emote.code} here`);
  const row = withText(guest, 'look').last();
  assert.ok((await drawn(row.locator('img.emote'))) > 0);
  assert.equal(await row.locator('img.emote').getAttribute('alt'), emote.code);
  assert.ok((await drawn(row.locator('img.badge').first())) > 0);
  assert.match(await row.locator('img.badge').first().getAttribute('alt'), /broadcaster/i);
  const own = withText(owner, 'look').last();
  assert.ok((await drawn(own.locator('img.emote'))) > 0);
});

await check('a reply by keyboard shows its parent on both sides', async () => {
  await withText(guest, 'welcome, guest').focus();
  await guest.keyboard.press('r');
  await guest.getByText(`Replying to`).waitFor();
  await guest.keyboard.type('glad to be here');
  await guest.keyboard.press('Enter');
  for (const page of [owner, guest]) {
    const parent = withText(page, 'glad to be here').locator('.parent-text');
    await parent.waitFor();
    assert.match(await parent.innerText(), /welcome, guest/);
  }
  const text = await withText(owner, 'glad to be here').locator('.text').innerText();
  assert.equal(text, 'glad to be here', 'the mention of the parent is not repeated');
  await shot(owner, 'reply');
});

await check('text is never HTML, and links are safe', async () => {
  await say(guest, '<b>bold</b> <img src=x onerror=alert(1)> see https://example.org/a?b=1.');
  const row = withText(owner, '<b>bold</b>');
  await row.waitFor();
  assert.equal(await row.locator('b').count(), 0);
  assert.equal(await row.locator('.text img').count(), 0);
  const link = row.locator('a');
  assert.equal(await link.getAttribute('href'), 'https://example.org/a?b=1');
  assert.match(await link.getAttribute('rel'), /noopener.*nofollow.*ugc/);
});

await check('a mention is highlighted for the one who is mentioned', async () => {
  await say(owner, `@guest_${kRun} can you see this`);
  await guest.locator('clamor-log article.mentioned', { hasText: 'can you see this' }).waitFor();
  assert.equal(await owner.locator('clamor-log article.mentioned', { hasText: 'can you see this' }).count(), 0);
});

await check('a refused message says why and keeps its text', async () => {
  await say(guest, 'once is enough');
  await withText(owner, 'once is enough').waitFor();
  await say(guest, 'once is enough');
  const failure = guest.locator('clamor-log article.failed');
  await failure.waitFor();
  assert.match(await failure.innerText(), /once is enough[\s\S]*identical/);
  await shot(guest, 'refused');
  await failure.getByRole('button', { name: 'Edit' }).click();
  assert.equal(await field(guest).inputValue(), 'once is enough');
  await field(guest).fill('');
  assert.equal(await withText(owner, 'once is enough').count(), 1);
});

await check('completion by Tab and the emote picker write an emote', async () => {
  await field(owner).pressSequentially('nice :cla');
  await owner.locator('clamor-composer [role=option]').first().waitFor();
  await owner.keyboard.press('Tab');
  assert.match(await field(owner).inputValue(), /^nice Cla\w+ $/);
  await field(owner).fill('');
  await owner.getByRole('button', { name: 'Emotes' }).click();
  await owner.keyboard.press('ArrowDown');
  await shot(owner, 'picker');
  await owner.keyboard.press('Escape');
});

await check('a reload shows the history, in order and without doubles', async () => {
  const before = (await idsOf(owner)).filter((id) => id !== '');
  await owner.reload();
  await withText(owner, 'welcome, guest').first().waitFor();
  const after = await idsOf(owner);
  assertOnce(after);
  assert.deepEqual(after, before);
});

await check('after a lost connection nothing is missing and nothing is doubled', async () => {
  await guest.evaluate(() => {
    window.cut = true;
    for (const socket of window.sockets) socket.close();
  });
  await guest.getByText('Connection lost.').waitFor();
  await shot(guest, 'lost');
  for (const n of [1, 2, 3]) {
    await say(owner, `while you were away ${n}`);
    await confirmed(owner, `while you were away ${n}`);
  }
  await guest.evaluate(() => (window.cut = false));
  await withText(guest, 'while you were away 3').waitFor({ timeout: 15_000 });
  await say(owner, 'and you are back');
  await withText(guest, 'and you are back').waitFor();
  await confirmed(owner, 'and you are back');
  assertOnce(await idsOf(guest));
  const texts = await withText(guest, /while you were away|and you are back/).locator('.text').allInnerTexts();
  assert.deepEqual(texts, ['while you were away 1', 'while you were away 2', 'while you were away 3', 'and you are back']);
  assert.deepEqual(await idsOf(guest), await idsOf(owner), 'both see the same');
});

/** Samples how late a timer comes, in the page's own thread. */
async function startSampling(page) {
  await page.evaluate(() => {
    const lags = (window.lags = []);
    const keys = (window.keys = []);
    let due = performance.now() + 20;
    window.lagTimer = setInterval(() => {
      const now = performance.now();
      lags.push(Math.max(0, now - due));
      due = now + 20;
    }, 20);
    addEventListener('keydown', (event) => requestAnimationFrame(() => keys.push(performance.now() - event.timeStamp)), true);
  });
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const spread = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return { p50: at(sorted, 0.5), p95: at(sorted, 0.95), max: sorted.at(-1) };
};
const told = ({ p50, p95, max }) => `p50 ${p50.toFixed(0)} p95 ${p95.toFixed(0)} max ${max.toFixed(0)} ms`;

async function stopSampling(page) {
  const { lags, keys } = await page.evaluate(() => {
    clearInterval(window.lagTimer);
    return { lags: window.lags, keys: window.keys };
  });
  return { lag: spread(lags), key: keys.length > 0 ? spread(keys) : null };
}

await check(`a flood of ${kFloodRate} messages/s for ${kFloodSeconds} s leaves the page responsive and bounded`, async () => {
  await owner.goto('about:blank');
  const chatters = await manyChatters(kSocketUrl, kFloodUsers, `f${kRun}_`);
  await Promise.all([startSampling(owner), startSampling(guest)]);
  let over = false;
  const done = flood(chatters, kChannel, kFloodRate, kFloodSeconds, (n) => `wave ${n} of the flood ClamHype`).finally(() => (over = true));
  const counts = [];
  let typed = '';
  while (!over) {
    const key = 'abcdefghij'[typed.length % 10];
    await field(guest).press(key);
    typed += key;
    counts.push(await rows(guest).count());
    if (typed.length === 20) await shot(guest, 'flood');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const sent = await done;
  await withText(guest, `wave ${sent - 1} of`).waitFor({ timeout: 10_000 });
  const page = await stopSampling(guest);
  const machine = await stopSampling(owner);
  const refused = chatters.reduce((sum, { refused: n }) => sum + n, 0);
  for (const { socket } of chatters) socket.terminate();
  const most = Math.max(...counts);
  console.log(`        ${sent} sent, ${refused} refused; at most ${most} rows; key to frame ${told(page.key)}`);
  console.log(`        event loop lag ${told(page.lag)}; of an empty page ${told(machine.lag)}`);
  assert.equal(refused, 0, 'the server refused messages of the flood');
  assert.equal(await field(guest).inputValue(), typed);
  assert.ok(most <= kRowsMax, 'the list grew beyond its bound');
  assert.ok(most >= Math.min(kRowsMax, sent) * 0.9, 'the flood did not arrive');
  assertOnce(await idsOf(guest));
  for (const share of ['p95', 'max']) {
    const limit = kLagMs[share] + kMachineShare * machine.lag[share];
    assert.ok(page.lag[share] <= limit, `lag ${share} ${page.lag[share]} ms, above ${limit} ms`);
  }
  await open(owner);
  await owner.waitForFunction(() => document.querySelector('clamor-app').shadowRoot.querySelector('clamor-chat') !== null);
  await withText(owner, `wave ${sent - 1} of`).waitFor();
});

await check('reading back holds still while messages arrive, loads older ones and returns', async () => {
  await field(guest).fill('');
  const scroller = guest.locator('clamor-log .scroll');
  await scroller.hover();
  await guest.mouse.wheel(0, -3_000);
  await guest.getByRole('button', { name: /To the newest|new message/ }).waitFor();
  const anchor = () =>
    scroller.evaluate((element) => {
      const top = element.getBoundingClientRect().top;
      const row = [...element.querySelectorAll('article')].find((candidate) => candidate.getBoundingClientRect().top >= top);
      return { id: row.dataset.id, at: Math.round(row.getBoundingClientRect().top - top) };
    });
  const before = await anchor();
  for (const n of [1, 2, 3]) await say(owner, `news ${n} for the reader`);
  await guest.getByRole('button', { name: '3 new messages' }).waitFor();
  assert.deepEqual(await anchor(), before);
  await shot(guest, 'reading-back');
  const first = (await idsOf(guest))[0];
  await scroller.evaluate((element) => (element.scrollTop = 0));
  await guest.waitForFunction((id) => {
    const chat = document.querySelector('clamor-app').shadowRoot.querySelector('clamor-chat').shadowRoot;
    return chat.querySelector('clamor-log').shadowRoot.querySelector('article').dataset.id !== id;
  }, first);
  assertOnce(await idsOf(guest));
  assert.ok((await rows(guest).count()) <= kRowsMax);
  await guest.getByRole('button', { name: '3 new messages' }).click();
  await withText(guest, 'news 3 for the reader').waitFor();
});

await check('what a moderator does is seen at once, and after a reload', async () => {
  const victim = await visitor({ viewport: { width: 390, height: 844 } });
  await open(victim);
  await logIn(victim, `victim_${kRun}`);
  await say(victim, 'something rude');
  await withText(guest, 'something rude').waitFor();
  await owner.bringToFront();
  await say(owner, `/timeout victim_${kRun} 600 be kind`);
  for (const page of [guest, victim]) {
    await withText(page, 'message deleted').waitFor();
    assert.equal(await withText(page, 'something rude').count(), 0);
  }
  await owner.getByText('has been timed out').waitFor();
  await say(victim, 'may I speak');
  await victim.locator('clamor-log article.failed', { hasText: 'timed out' }).waitFor();
  await shot(victim, 'timed-out');
  await say(owner, '/slow 30');
  await guest.locator('.modes').getByText('Slow').waitFor();
  await shot(owner, 'moderating');
  await guest.reload();
  await withText(guest, 'message deleted').first().waitFor();
  assert.equal(await withText(guest, 'something rude').count(), 0);
  await shot(guest, 'after-reload');
  await say(owner, '/slowoff');
  await victim.close();
});

await check('the page complained about nothing, the content security policy included', async () => {
  assert.deepEqual(complaints, []);
});

await shot(owner, 'end');
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
