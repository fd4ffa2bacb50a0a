// SPDX-License-Identifier: Apache-2.0
// Writes bench/data/sample_chat.jsonl: an invented stream chat for `clamor replay`, the same on every run.
// Usage: node tools/make_sample_chat.mjs > bench/data/sample_chat.jsonl
const kMessages = 420;
const kSpanMs = 120_000;

let state = 20_240_611;
function random() {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
}
const pick = (list) => list[Math.floor(random() * list.length)];

const names = ['ada', 'brook', 'cleo', 'dune', 'ember', 'finch', 'gale', 'harbor', 'iris', 'juno', 'kestrel', 'lark', 'moss', 'north'];
const tails = ['', '_', '42', 'fox', 'ttv', '_live', '7', 'wave'];
const users = Array.from({ length: 90 }, (_, i) => `${pick(names)}${pick(tails)}${i % 3 === 0 ? i : ''}`);
const emotes = ['Kappa', 'PogChamp', 'LUL', 'HeyGuys', 'NotLikeThis'];
const openings = ['hello from the back row', 'good evening everyone', 'first time here', 'just got home, what did I miss?', 'hey chat'];
const remarks = [
    'that jump was clean', 'how did that not land', 'the music fits so well', 'I would have saved the potion', 'left door, always the left door',
    'this boss took me three evenings', 'is this the second run today?', 'my tea is cold because of this level', 'no way that counts',
    'someone clip it please', 'the map design here is lovely', 'what keyboard is that?', 'volume is fine for me', 'check the chest behind you',
];
const excited = ['GG', 'LETS GO', 'YES', 'what', 'oh no', 'almost!', 'so close', 'WWWWW', 'unreal', '😂😂😂', 'そんなばかな', '¡vamos!', 'ну надо же'];
const actions = ['hides behind the sofa', 'takes notes', 'waves at everybody'];

function words(hype) {
    const kind = random();
    if (kind < 0.12 + hype * 0.3) return `${pick(emotes)} ${random() < 0.5 ? pick(emotes) : ''}`.trim();
    if (kind < 0.2 + hype * 0.6) return `${pick(excited)}${'!'.repeat(Math.floor(random() * 4))}`;
    if (kind < 0.3 + hype * 0.6) return `@${pick(users)} ${pick(remarks)}`;
    if (kind < 0.36 + hype * 0.6) return pick(openings);
    return `${pick(remarks)}${random() < 0.3 ? ` ${pick(emotes)}` : ''}`;
}

// Three moments when everybody writes at once, over a steady murmur.
const moments = [25_000, 61_000, 97_000];
const hypeAt = (t) => Math.max(0, ...moments.map((m) => (t >= m ? Math.exp((m - t) / 4_000) : 0)));

const times = [];
while (times.length < kMessages) {
    const t = random() * kSpanMs;
    if (random() < 0.18 + hypeAt(t)) times.push(Math.floor(t));
}
times.sort((a, b) => a - b);
for (const t of times) {
    const action = random() < 0.02;
    // A few write much, most of them little.
    const user = users[Math.floor(random() * random() * users.length)];
    const line = { t_ms: t - times[0], user, text: action ? pick(actions) : words(hypeAt(t)) };
    if (action) line.action = true;
    console.log(JSON.stringify(line));
}
