// SPDX-License-Identifier: Apache-2.0
// A platform that announces all that there is to announce, for clients that watch.

const kPeople = { fan: 'Fan', giver: 'Giver', lucky: 'Lucky', outcast: 'Outcast' };

/** Everything of `POST /api/platform/channels/{login}/events`, in the order in which clients are shown it. */
const kEvents = [
    { type: 'subscription', user: 'fan', tier: 2 },
    { type: 'subscription', user: 'fan', prime: true, months: 6, streak_months: 2, text: 'Great stream' },
    { type: 'subscription', user: 'lucky', months: 3, was_gifted: true, gifter: 'giver', gift_months: 6, gift_month_being_redeemed: 3 },
    { type: 'mystery_gift', user: 'giver', tier: 1, count: 10, gifter_total: 20 },
    { type: 'gift', user: 'giver', recipient: 'lucky', tier: 3, gift_months: 6, months: 4, gifter_total: 21 },
    { type: 'gift', recipient: 'lucky' },
    { type: 'gift_upgrade', user: 'lucky', gifter: 'giver' },
    { type: 'gift_upgrade', user: 'lucky' },
    { type: 'prime_upgrade', user: 'fan', tier: 1 },
    { type: 'pay_forward', user: 'lucky', gifter: 'giver', recipient: 'fan' },
    { type: 'pay_forward', user: 'lucky' },
    { type: 'raid', user: 'giver', viewers: 42 },
    { type: 'unraid' },
    { type: 'bits_badge_tier', user: 'fan', threshold: 1000, text: 'shiny' },
    { type: 'watch_streak', user: 'fan', streams: 10, reward: 450, text: 'again' },
    { type: 'modiversary', user: 'fan', months: 18 },
    { type: 'donation', user: 'fan', charity: 'Sea Rescue', amount: 1005, currency: 'EUR' },
    { type: 'follow', user: 'fan' },
    { type: 'unban_request', user: 'outcast', text: 'I am sorry' },
    { type: 'cheer', user: 'fan', bits: 100, message: 'well played' },
];

/** What chat is told of them: the ids of its USERNOTICEs. The last event is a message, `well played`. */
export const kAnnounced = [
    'sub', 'resub', 'resub', 'submysterygift', 'subgift', 'subgift', 'giftpaidupgrade', 'anongiftpaidupgrade', 'primepaidupgrade', 'standardpayforward',
    'communitypayforward', 'raid', 'unraid', 'bitsbadgetier', 'viewermilestone', 'modiversary', 'charitydonation',
];

async function ask(server, method, path, token, body) {
    const { status, json, text } = await server.get(path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
    });
    if (status >= 300) throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${status} ${text}`);
    return json;
}

/** Announces it all in `room`, one thing after the other. Returns the people's ids by login. */
export async function announceEverything(server, room) {
    const ids = {};
    for (const [login, display_name] of Object.entries(kPeople)) {
        ids[login] = (await ask(server, 'PUT', `/api/platform/users/${login}`, 'app', { display_name })).id;
    }
    await ask(server, 'POST', `/api/channels/${room}/moderation`, room, { acts: [{ action: 'ban', login: 'outcast' }] });
    for (const event of kEvents) await ask(server, 'POST', `/api/platform/channels/${room}/events`, 'app', event);
    return ids;
}
