// SPDX-License-Identifier: Apache-2.0

export const kTextMax = 500;
/** From this length on the writer is told how much is left. */
export const kTextNear = 400;

/** The server counts code points, so does the page. */
export function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** What is sent for what was typed: one line without blanks around it. */
export function cleaned(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').trim();
}

/** A command is answered by a NOTICE and never shown as a message; `/me` is the exception. */
export function isCommand(text: string): boolean {
  return /^[/.][A-Za-z]/.test(text) && !/^[/.]me\b/i.test(text);
}
