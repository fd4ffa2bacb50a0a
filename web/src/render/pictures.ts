// SPDX-License-Identifier: Apache-2.0
import { html, nothing, type TemplateResult } from 'lit';
import type { BadgeRef } from '../protocol/events';
import type { Picture } from '../protocol/rest';
import { badgePicture, type Catalog } from '../model/catalog';

function sourceSet({ url, url2x, url4x }: Picture): string {
  return `${url} 1x, ${url2x} 2x, ${url4x} 4x`;
}

export function emoteImage(picture: Picture, code: string): TemplateResult {
  return html`<img
    class="emote"
    srcset=${sourceSet(picture)}
    src=${picture.url}
    alt=${code}
    title=${code}
    height="28"
    loading="lazy"
    decoding="async"
    draggable="false"
  />`;
}

export function badgeImages(badges: readonly BadgeRef[], catalog: Catalog): TemplateResult | typeof nothing {
  const known = badges.map((badge) => badgePicture(catalog, badge)).filter((badge) => badge !== null && badge.url !== '');
  if (known.length === 0) return nothing;
  return html`<span class="badges"
    >${known.map(
      (badge) =>
        html`<img
          class="badge"
          srcset=${sourceSet(badge!)}
          src=${badge!.url}
          alt=${badge!.title}
          title=${badge!.title}
          width="18"
          height="18"
          loading="lazy"
          decoding="async"
        />`,
    )}</span
  >`;
}
