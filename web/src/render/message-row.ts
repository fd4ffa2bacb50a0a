// SPDX-License-Identifier: Apache-2.0
import { html, nothing, type TemplateResult } from 'lit';
import type { Catalog } from '../model/catalog';
import type { Fragment } from '../model/fragments';
import type { Line, MessageLine, NoteLine } from '../model/timeline';
import { icons } from './icons';
import { badgeImages, emoteImage } from './pictures';
import { tint } from './tint';

/** What a row needs beside its line. Rows are drawn again when one of these changes, so keep it small. */
export interface RowContext {
  catalog: Catalog;
  login: string | null;
  canWrite: boolean;
}

const kTime = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const kFullTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

function fragmentNode(fragment: Fragment, context: RowContext): unknown {
  switch (fragment.kind) {
    case 'text':
      return fragment.text;
    case 'emote': {
      const emote = context.catalog.emoteById.get(fragment.id);
      return emote === undefined || emote.url === '' ? fragment.code : emoteImage(emote, fragment.code);
    }
    case 'mention':
      return html`<span class=${fragment.login === context.login ? 'mention self' : 'mention'}>${fragment.text}</span>`;
    case 'link':
      return html`<a href=${fragment.url} target="_blank" rel="noopener noreferrer nofollow ugc">${fragment.text}</a>`;
  }
}

function parentLine(line: MessageLine): TemplateResult | typeof nothing {
  const { reply } = line.message;
  if (reply === null) return nothing;
  const inThread = reply.threadId !== reply.id;
  return html`<div class="parent">
    ${icons.reply}
    <button class="parent-text" data-act="jump" data-to=${reply.id} title="Show the message">
      <span class="parent-name">@${reply.displayName}</span> ${reply.text}
    </button>
    ${inThread
      ? html`<button class="thread" data-act="jump" data-to=${reply.threadId} title="Show where the thread began">thread</button>`
      : nothing}
  </div>`;
}

/** Of a shared chat: where it was said. */
function sharedLabel(line: MessageLine, context: RowContext): TemplateResult | typeof nothing {
  const { sharedFrom } = line.message;
  if (sharedFrom === null) return nothing;
  const name = context.catalog.channelNames.get(sharedFrom);
  return html`<span class="shared" title="Said in ${name ?? 'another channel'}, which shares its chat with this one">${name ?? 'shared'}</span>`;
}

function bodyText(line: MessageLine, context: RowContext): unknown {
  if (line.state.kind === 'deleted') return html`<span class="gone">message deleted</span>`;
  return html`<span class="text" dir="auto">${line.fragments.map((fragment) => fragmentNode(fragment, context))}</span>`;
}

function failure(line: MessageLine): TemplateResult | typeof nothing {
  if (line.state.kind !== 'failed') return nothing;
  return html`<div class="failure" role="alert">
    ${icons.warn}
    <div class="failure-words">
      <span>${line.state.reason}</span>
      <span class="choices">
        <button class="link-button" data-act="retry">Try again</button>
        <button class="link-button" data-act="edit">Edit</button>
        <button class="link-button" data-act="dismiss">Dismiss</button>
      </span>
    </div>
  </div>`;
}

function messageClasses(line: MessageLine): string {
  const classes = ['row', 'message', line.state.kind];
  if (line.mentionsSelf) classes.push('mentioned');
  if (line.message.firstMessage) classes.push('first');
  if (line.message.announcement) classes.push('announcement');
  if (line.message.action) classes.push('action');
  return classes.join(' ');
}

function messageRow(line: MessageLine, context: RowContext): TemplateResult {
  const { message } = line;
  const { author } = message;
  const replyable = context.canWrite && line.state.kind === 'shown' && message.id !== '';
  const sentAt = new Date(message.sentAt);
  const login = author.displayName.toLowerCase() === author.login ? author.displayName : `${author.displayName} (${author.login})`;
  return html`<article
    class=${messageClasses(line)}
    tabindex="-1"
    data-key=${line.key}
    data-id=${message.id}
    aria-busy=${line.state.kind === 'pending' ? 'true' : 'false'}
  >
    ${message.firstMessage ? html`<div class="first-label">First message in this channel</div>` : nothing}
    ${message.announcement ? html`<div class="announcement-label">Announcement</div>` : nothing}
    ${parentLine(line)}
    <div class="body">
      <time datetime=${sentAt.toISOString()} title=${kFullTime.format(sentAt)}>${kTime.format(sentAt)}</time
      >${sharedLabel(line, context)}${badgeImages(author.badges, context.catalog)}<button
        class="name"
        data-act="mention"
        tabindex="-1"
        title=${login}
        ${tint(author.color, author.login)}
        ><bdi>${author.displayName}</bdi></button
      >${message.action ? html`<span class="space"> </span>` : html`<span class="colon">: </span>`}${bodyText(line, context)}
    </div>
    ${failure(line)}
    ${replyable
      ? html`<button class="reply-button" data-act="reply" tabindex="-1" aria-label="Reply to ${author.displayName}" title="Reply (R)">
          ${icons.reply}
        </button>`
      : nothing}
  </article>`;
}

function noteRow(line: NoteLine): TemplateResult {
  return html`<div class="row note ${line.tone}" data-key=${line.key} tabindex="-1">${line.text}</div>`;
}

export function row(line: Line, context: RowContext): TemplateResult {
  return line.kind === 'message' ? messageRow(line, context) : noteRow(line);
}
