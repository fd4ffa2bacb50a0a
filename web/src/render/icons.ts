// SPDX-License-Identifier: Apache-2.0
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

function icon(shape: SVGTemplateResult): TemplateResult {
  return html`<svg
    class="icon"
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    stroke-width="1.7"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${shape}
  </svg>`;
}

export const icons = {
  reply: icon(svg`<path d="M8 5 3.5 9.5 8 14M4 9.5h7a5 5 0 0 1 5 5V16" />`),
  smile: icon(svg`<circle cx="10" cy="10" r="7.2" /><path d="M7 12a3.6 3.6 0 0 0 6 0M7.6 7.8v.6M12.4 7.8v.6" />`),
  send: icon(svg`<path d="M3.5 10 3 4l14 6-14 6 .5-6Zm0 0H10" />`),
  close: icon(svg`<path d="m5 5 10 10M15 5 5 15" />`),
  menu: icon(svg`<path d="M3.5 5.5h13M3.5 10h13M3.5 14.5h13" />`),
  down: icon(svg`<path d="M10 4v12M5 11l5 5 5-5" />`),
  search: icon(svg`<circle cx="9" cy="9" r="5.2" /><path d="m13 13 3.5 3.5" />`),
  people: icon(svg`<circle cx="7.5" cy="7" r="2.8" /><path d="M2.5 16a5 5 0 0 1 10 0M13 4.6a2.8 2.8 0 0 1 0 5M14.5 12a5 5 0 0 1 3 4" />`),
  clock: icon(svg`<circle cx="10" cy="10" r="7.2" /><path d="M10 6v4l2.6 1.8" />`),
  warn: icon(svg`<path d="M10 3.2 17.6 16H2.4L10 3.2ZM10 8.2v3.6M10 13.9v.1" />`),
  retry: icon(svg`<path d="M15.8 8A6.2 6.2 0 1 0 16 12M16 4v4h-4" />`),
  lock: icon(svg`<rect x="4.5" y="9" width="11" height="7.5" rx="1.6" /><path d="M7 9V6.6a3 3 0 0 1 6 0V9" />`),
  sun: icon(svg`<circle cx="10" cy="10" r="3.2" /><path d="M10 2.5v1.6M10 15.9v1.6M2.5 10h1.6M15.9 10h1.6M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M15.3 4.7l-1.1 1.1M5.8 14.2l-1.1 1.1" />`),
  moon: icon(svg`<path d="M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3Z" />`),
  system: icon(svg`<rect x="3" y="4" width="14" height="9.5" rx="1.6" /><path d="M7.5 16.5h5" />`),
  user: icon(svg`<circle cx="10" cy="7" r="3" /><path d="M4 16.5a6 6 0 0 1 12 0" />`),
  leave: icon(svg`<path d="M8 3.5H4.5v13H8M12.5 6.5 16 10l-3.5 3.5M16 10H8" />`),
  hash: icon(svg`<path d="M8 3.5 6 16.5M14 3.5l-2 13M3.8 7.5h13M3.2 12.5h13" />`),
};
