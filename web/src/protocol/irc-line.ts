// SPDX-License-Identifier: Apache-2.0

/** One line of IRC with IRCv3 message tags, split into its parts; tag values are unescaped. */
export interface IrcLine {
  tags: ReadonlyMap<string, string>;
  prefix: string;
  /** In upper case. */
  command: string;
  params: readonly string[];
}

const kNoTags: ReadonlyMap<string, string> = new Map();

const kUnescaped: Readonly<Record<string, string>> = { ':': ';', s: ' ', r: '\r', n: '\n' };
const kEscaped: Readonly<Record<string, string>> = {
  ';': '\\:',
  ' ': '\\s',
  '\\': '\\\\',
  '\r': '\\r',
  '\n': '\\n',
};

export function unescapeTag(value: string): string {
  if (!value.includes('\\')) return value;
  // A backslash that escapes nothing known stands for the character after it; a last one is dropped.
  return value.replace(/\\([\s\S]?)/g, (_, next: string) => kUnescaped[next] ?? next);
}

export function escapeTag(value: string): string {
  return value.replace(/[; \\\r\n]/g, (c) => kEscaped[c]!);
}

function parseTags(text: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const entry of text.split(';')) {
    if (entry === '') continue;
    const at = entry.indexOf('=');
    if (at < 0) tags.set(entry, '');
    else tags.set(entry.slice(0, at), unescapeTag(entry.slice(at + 1)));
  }
  return tags;
}

function skipSpaces(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ') at += 1;
  return at;
}

function wordEnd(line: string, from: number): number {
  const space = line.indexOf(' ', from);
  return space < 0 ? line.length : space;
}

/** Null when the line has no command. Takes several blanks between parts, although our server sends one. */
export function parseLine(line: string): IrcLine | null {
  let at = 0;
  let tags = kNoTags;
  let prefix = '';
  if (line[at] === '@') {
    const end = wordEnd(line, at);
    tags = parseTags(line.slice(at + 1, end));
    at = skipSpaces(line, end);
  }
  if (line[at] === ':') {
    const end = wordEnd(line, at);
    prefix = line.slice(at + 1, end);
    at = skipSpaces(line, end);
  }
  const commandEnd = wordEnd(line, at);
  const command = line.slice(at, commandEnd).toUpperCase();
  if (command === '') return null;

  const params: string[] = [];
  at = skipSpaces(line, commandEnd);
  while (at < line.length) {
    if (line[at] === ':') {
      params.push(line.slice(at + 1));
      break;
    }
    const end = wordEnd(line, at);
    params.push(line.slice(at, end));
    at = skipSpaces(line, end);
  }
  return { tags, prefix, command, params };
}

/** The lines of one WebSocket frame; the end of the frame ends its last line. */
export function splitFrame(frame: string): string[] {
  return frame.split(/\r\n|\n|\r/).filter((line) => line !== '');
}

export function nickOf(prefix: string): string {
  const end = prefix.search(/[!@]/);
  return end < 0 ? prefix : prefix.slice(0, end);
}
