// SPDX-License-Identifier: Apache-2.0
// Every command that can be typed and every endpoint of the platform and of moderators, with arguments that nobody should give.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { Canary } from './canary.mjs';
import { IrcClient } from './irc.mjs';
import { root, Server } from './server.mjs';

const kTimeout = { timeout: 120_000 };
const document = (name) => readFileSync(`${root}/docs/protocol/${name}.md`, 'utf8');
let server;
let canary;

before(async () => {
    server = await Server.start({ config: { limits: { messages_viewer: 10_000, messages_moderator: 10_000, requests_per_minute: 100_000 } } });
    canary = await Canary.start(server);
});
afterEach(() => canary.check());
after(async () => {
    await canary.stop();
    assert.equal((await server.get('/readyz')).json.status, 'ready');
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
});

// --- commands --------------------------------------------------------------------------------------------------------

/** What nobody should type behind a command. Behind a line break comes a line of its own, which only the server may send. */
const kArguments = {
    none: '',
    blanks: '     ',
    'nobody at all': 'nobody_at_all',
    'the sender': 'hostileroom for a reason',
    'as much as a line holds': 'x'.repeat(4000),
    'control characters': '\x01\x02\x07\x08\x0b\x1b[31m\x7f \x01ACTION \x01',
    'a line of the server behind CR LF': 'x\r\n:tmi.twitch.tv NOTICE #hostileroom :gotcha',
    'a line of the server behind LF': 'x\n:tmi.twitch.tv CLEARCHAT #hostileroom :gotcha',
    'a line of the server behind CR': 'x\r:tmi.twitch.tv USERNOTICE #hostileroom :gotcha',
    'SQL in quotes': `'; DROP TABLE users; -- " OR "1"="1`,
    'a pattern without an end': '/(((((a+)+)+)+)+$ [z-a] *',
    'format characters': '%s%n{}{0}{:>999999999}',
    'other scripts': 'Бобик 漢字 مرحبا \u202eabc \u{1F602}\u200d\u{1F525} z\u0301\u0301\u0301',
    'a number beyond 64 bits': '99999999999999999999999999',
    'somebody for a number beyond 64 bits': 'hostilebob 18446744073709551616',
    'somebody for a negative duration': 'hostilebob -5 -1d',
    'somebody for many units': 'hostilebob 9999999999mo9999999999w9999999999d',
    'a negative duration': '-30',
    'a fraction': '1.5e300',
    'an option without a value': '--duration= --duration=-1 x',
    'an id of nothing': '00000000-0000-4000-8000-000000000000',
};
/** How the server says that something was done, other than by a NOTICE. */
const kEffects = /(NOTICE|CLEARCHAT|CLEARMSG|ROOMSTATE|USERSTATE|USERNOTICE|GLOBALUSERSTATE) /;

test('every command answers every argument, and never closes the connection', kTimeout, async () => {
    const words = new Set([...document('commands').matchAll(/`\/([a-z0-9]+)(?=[ `])/g)].map(([, word]) => word));
    words.delete('word');
    words.delete('disconnect');
    assert.ok(words.size > 60, `${words.size} commands are documented`);
    const bob = await IrcClient.login(server, 'hostilebob', { channels: ['hostileroom'] });
    const owner = await IrcClient.login(server, 'hostileroom', { channels: ['hostileroom'] });
    for (const word of words) {
        for (const [what, argument] of Object.entries(kArguments)) {
            const from = owner.lines.all.length;
            owner.say('hostileroom', `/${word} ${argument}`);
            await owner.alive();
            const answers = owner.lines.all.slice(from, -1);
            // What is whispered is not confirmed.
            if (word !== 'w') assert.ok(answers.some((line) => kEffects.test(line)), `/${word} with ${what} was not answered: ${JSON.stringify(answers)}`);
            assert.ok(!answers.some((line) => /^:tmi.*:gotcha$/.test(line)), `/${word} with ${what}: ${JSON.stringify(answers)}`);
            assert.ok(!answers.some((line) => line.includes('clamor_busy')), `/${word} with ${what}: ${JSON.stringify(answers)}`);
        }
    }
    assert.deepEqual(owner.lines.faults, [], 'every line of the server is whole');
    assert.deepEqual(bob.lines.faults, []);
    await owner.close();
    await bob.close();
});

test('a command of ten thousand characters is skipped as any line is', kTimeout, async () => {
    const owner = await IrcClient.login(server, 'hostilelong', { channels: ['hostilelong'] });
    const skipped = await server.metric('clamor_overlong_lines_total');
    for (const word of ['ban', 'timeout', 'announce', 'w', 'color', 'addblockedterm', 'pin', 'me', 'nonsense']) owner.say('hostilelong', `/${word} ${'x'.repeat(10_000)}`);
    await owner.alive();
    assert.equal((await server.metric('clamor_overlong_lines_total')) - skipped, 9);
    assert.equal(owner.lines.count(/NOTICE|CLEARCHAT/), 0);
    await owner.close();
});

// --- REST --------------------------------------------------------------------------------------------------------------

/** Values of every type; each is wrong for most fields. */
const kValues = [
    {}, { a: { b: [] } }, [], [[]], [null], true, -1, 0, 1.5, 1e300, 2 ** 53, Number.MIN_SAFE_INTEGER, '', ' ', '-1', 'NaN', '18446744073709551616', `'; DROP TABLE users; --`,
    '\0', 'a\r\nX-Injected: 1', '\x1b[31m', '\u202eabc', '漢字', '%s%n{}', '<script>alert(1)</script>', '../../etc/passwd', 'x'.repeat(600), 'x'.repeat(20_000),
];
/** What is right, but for one field at a time; each changes something, so that what is half done shows. */
const kUser = { display_name: 'Hostile', color: '#112233', type: 'staff', turbo: true, prime: true, partner: true, verified_bot: true, description: 'x', profile_image_url: 'x', offline_image_url: 'x', email: 'a@b.c', broadcaster_type: 'partner' };
const kStanding = { role: 'vip', subscription_tier: 2, subscription_months: 5, artist: true, bits: 7, sub_gifts: 8, custom_badges: [{ name: 'event', version: '1' }], follow: true, following_since: 1_600_000_000_000 };
const kTerm = { text: 'somethingbad', permitted: false, private: true, shadow: true, action: 'hold', list: 'mine', expires_in_s: 60, expires_at: 4_000_000_000_000 };
const kEvents = {
    subscription: { user: 'new_fan', months: 3, streak_months: 2, tier: 2, prime: false, plan_name: 'x', multimonth_duration: 1, multimonth_tenure: 1, was_gifted: true, gifter: 'new_giver', gift_months: 2, gift_month_being_redeemed: 1, text: 'x' },
    gift: { user: 'new_fan', recipient: 'new_giver', tier: 1, gift_months: 1, months: 1, gifter_total: 1, origin_id: 'x', community_gift_id: 'x' },
    mystery_gift: { user: 'new_fan', count: 1, tier: 1, gifter_total: 1, origin_id: 'x', community_gift_id: 'x' },
    gift_upgrade: { user: 'new_fan', gifter: 'new_giver' },
    prime_upgrade: { user: 'new_fan', tier: 1 },
    pay_forward: { user: 'new_fan', gifter: 'new_giver', recipient: 'new_other' },
    raid: { user: 'new_fan', viewers: 1 },
    bits_badge_tier: { user: 'new_fan', threshold: 1, text: 'x' },
    watch_streak: { user: 'new_fan', streams: 1, reward: 1, id: 'x', text: 'x' },
    modiversary: { user: 'new_fan', months: 1, text: 'x' },
    donation: { user: 'new_fan', charity: 'x', amount: 1, currency: 'EUR', exponent: 2 },
    cheer: { user: 'new_fan', bits: 1, message: 'x' },
    follow: { user: 'new_fan', followed_at: 1_600_000_000_000 },
    unban_request: { user: 'new_fan', text: 'x' },
};
/** By endpoint, the bodies or queries whose fields are spoilt one at a time. */
const kBodies = {
    'PUT /api/platform/users/{login}': [kUser, { ...kUser }],
    'PUT /api/platform/channels/{login}/standings/{user}': [kStanding],
    'PUT /api/platform/channels/{login}/shared-chat': [{ participants: ['hostileguest'] }],
    'POST /api/platform/channels/{login}/events': Object.entries(kEvents).map(([type, fields]) => ({ type, ...fields })),
    'GET /api/channels/{login}/audit': [{ limit: 1, before: 5, batch: 'x' }],
    'POST /api/channels/{login}/moderation': [{ batch: 'x', acts: [{ action: 'ban', login: 'hostiletarget' }] }],
    'POST /api/channels/{login}/moderation/undo': [{ batch: 'never was' }],
    'PATCH /api/channels/{login}/automod/rules': [{ rules: {}, batch: 'x' }],
    'GET /api/channels/{login}/automod/lists/{name}': [{ limit: 1, after: 1 }],
    'GET /api/channels/{login}/automod/terms': [{ format: 'json' }],
    'POST /api/channels/{login}/automod/terms': [{ terms: [kTerm], batch: 'x' }, { text: 'bad words', list: 'x' }],
    'POST /api/channels/{login}/automod/permits': [{ user_id: '1000', phrase: 'x', seconds: 5 }],
    'GET /api/channels/{login}/automod/held': [{ status: 'pending', after: '01890a5d-ac96-774b-bcce-b302099a8057', limit: 1 }],
    'POST /api/channels/{login}/automod/held/{id}': [{ action: 'approve' }],
    'POST /api/channels/{login}/automod/preview': [{ hours: 1, terms: [kTerm], rules: {}, overall_level: 1, with_present: true }],
    'GET /api/channels/{login}/automod/report': [{ days: 1 }],
    'POST /api/channels/{login}/automod/raid/extend': [{ seconds: 5 }],
};
/** A rule within the document that is wrong, and a text that is right, of somebody who has nothing to ask for. */
const kNamedOtherwise = /"a" is not known|is not banned/;
const kRoom = 'hostileapi';

function endpoints() {
    const rows = [...document('helix').matchAll(/^\| (GET|PUT|POST|PATCH|DELETE) `(\/api\/[^`]+)`/gm)].map(([, method, path]) => ({ method, path }));
    assert.equal(rows.length, 29);
    for (const key of Object.keys(kBodies)) assert.ok(rows.some(({ method, path }) => key === `${method} ${path}`), key);
    return rows;
}

async function ask(method, path, body) {
    const inQuery = method === 'GET' && body !== undefined;
    const query = inQuery ? `?${new URLSearchParams(Object.entries(body).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]))}` : '';
    return server.get(path + query, {
        method,
        headers: { authorization: `Bearer ${/platform|nodes/.test(path) ? 'app' : kRoom}`, 'content-type': 'application/json' },
        ...(method !== 'GET' && body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
}

/** A refusal is one of ours, in the one shape of errors. */
function refused({ status, json, text }, what) {
    assert.ok(status >= 400 && status < 500, `${what}: ${status} ${text.slice(0, 300)}`);
    assert.equal(json?.status, status, what);
    assert.equal(typeof json.message, 'string', what);
    assert.ok(json.message.length < 1000, `${what}: ${JSON.stringify(json.message.slice(0, 300))}`);
}

const filled = (path, ...values) => path.replaceAll(/\{[a-z]+\}/g, () => encodeURIComponent(values.shift() ?? 'x'));
const brief = (value) => JSON.stringify(value).slice(0, 80);

test('every endpoint refuses paths that name nothing', kTimeout, async () => {
    await ask('PUT', `/api/platform/channels/${kRoom}/standings/${kRoom}`, {});
    const wrong = ['', ' ', '\r\nX: 1', `'; DROP TABLE users; --`, '../../etc/passwd', '漢字', '\u202eabc', '-1', '%', 'x'.repeat(26), 'x'.repeat(5000)];
    for (const { method, path } of endpoints().filter((row) => row.path.includes('{'))) {
        for (const name of wrong) {
            refused(await ask(method, filled(path, name, name), {}), `${method} ${path} with ${brief(name)}`);
            if (/\}.*\{/.test(path)) refused(await ask(method, filled(path, kRoom, name), {}), `${method} ${path} of ${kRoom} with ${brief(name)}`);
        }
        assert.equal((await ask(method, filled(path, '\0', '\0'), {})).status, 400, 'no path has a NUL');
        if (path.startsWith('/api/channels/')) {
            refused(await ask(method, filled(path, 'no_such_channel_1'), {}), `${method} ${path} of a channel that is not there`);
            refused(await ask(method, filled(path, 'lobby'), {}), `${method} ${path} of another's channel`);
        }
    }
});

test('every endpoint refuses bodies that are no object, and tokens that are none', kTimeout, async () => {
    for (const { method, path } of endpoints()) {
        const target = filled(path, kRoom, kRoom);
        for (const token of ['', 'Bearer', 'Bearer ', 'Basic app', `Bearer ${'x'.repeat(5000)}`, `Bearer '; --`]) {
            const told = await server.get(target, { method, headers: { ...(token && { authorization: token }) }, ...(method !== 'GET' && { body: '{}' }) });
            refused(told, `${method} ${path} with the token ${brief(token)}`);
            assert.equal(told.status, 401);
        }
        if (method === 'GET') continue;
        for (const body of ['[]', '1', '"x"', 'null', '{', '{"a":1', '{"a":1}}', '{"user":"\\ud800"}', '\0', '\ufeff[]', `${'['.repeat(50_000)}`, `${'{"a":'.repeat(50_000)}`]) {
            refused(await ask(method, target, body), `${method} ${path} with the body ${brief(body)}`);
        }
    }
});

/** What a refused request could have changed: what moderators can change is in the audit log. */
async function state() {
    const all = [
        await ask('PUT', '/api/platform/users/hostiletarget', {}),
        await ask('PUT', `/api/platform/channels/${kRoom}/standings/hostiletarget`, {}),
        await ask('GET', `/api/channels/${kRoom}/audit`, { limit: 1 }),
    ];
    return JSON.stringify(all.map(({ json }) => json));
}

/** Whoever comes into being has the next number. */
let made = 0;
const nextUser = async () => Number((await ask('PUT', `/api/platform/users/hostile_${++made}`, {})).json.id);

test('every field that is wrong is named, and nothing is half done', kTimeout, async () => {
    const faults = [];
    await ask('PUT', `/api/platform/channels/${kRoom}/standings/${kRoom}`, {});
    for (const { method, path } of endpoints()) {
        const key = `${method} ${path}`;
        for (const body of kBodies[key] ?? []) {
            const nested = [['terms', kTerm], ['acts', { action: 'timeout', login: 'hostiletarget', user_id: '1', seconds: 5, reason: 'x' }], ['custom_badges', { name: 'event', version: '1' }]];
            const spoilt = [];
            // A query with a NUL or of 20,000 characters is refused before anybody looks for fields.
            const values = kValues.filter((value) => method !== 'GET' || !(value === '\0' || value.length > 10_000));
            for (const field of Object.keys(body)) for (const value of values) spoilt.push([field, value, { ...body, [field]: value }]);
            for (const [list, item] of nested.filter(([list]) => Array.isArray(body[list]))) {
                for (const field of Object.keys(item)) {
                    for (const value of kValues) spoilt.push([field, value, { ...body, [list]: [body[list][0], { ...item, [field]: value }] }]);
                }
            }
            const second = path.includes('standings') ? 'hostiletarget' : path.includes('lists') ? 'fraud' : '01890a5d-ac96-774b-bcce-b302099a8057';
            const target = path.includes('/users/') ? filled(path, body === kUser ? 'hostiletarget' : 'not_there_yet') : filled(path, kRoom, second);
            let before = await state();
            let last = await nextUser();
            let named = 0;
            for (const [field, value, wrong] of spoilt) {
                const what = `${key} ${body.type ?? ''} with ${field} = ${brief(value)}`;
                const told = await ask(method, target, wrong);
                if (told.status >= 500) faults.push(`${what}: ${told.status} ${told.text}`);
                if (told.status < 400) {
                    before = await state();
                    last = await nextUser();
                    continue;
                }
                if (told.status < 500) refused(told, what);
                if (told.status === 400) ++named;
                if (told.status === 400 && !told.json?.message.includes(field) && !kNamedOtherwise.test(told.json?.message)) faults.push(`${what} is not named: ${told.json.message}`);
                const next = await nextUser();
                if (next !== last + 1) faults.push(`${what}: somebody came into being`);
                last = next;
                const now = await state();
                if (now !== before) faults.push(`${what}: it was half done`);
                before = now;
            }
            assert.ok(named > 0, `${key} refuses some field`);
        }
    }
    assert.ok(faults.length === 0, faults.join('\n'));
});
