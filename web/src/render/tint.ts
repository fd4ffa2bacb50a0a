// SPDX-License-Identifier: Apache-2.0
import { noChange, type ElementPart } from 'lit';
import { directive, Directive, type PartInfo, PartType } from 'lit/directive.js';
import { nameColors, type NameColors } from '../model/color';

/**
 * Sets the two colours of a name as custom properties. Through the object model and not as a style attribute: a strict
 * content security policy forbids the latter.
 */
class Tint extends Directive {
  private colors: NameColors | null = null;

  constructor(info: PartInfo) {
    super(info);
    if (info.type !== PartType.ELEMENT) throw new Error('tint() belongs on an element');
  }

  override update(part: ElementPart, [color, login]: [string, string]): unknown {
    const colors = nameColors(color, login);
    if (colors !== this.colors) {
      this.colors = colors;
      const { style } = part.element as HTMLElement;
      style.setProperty('--name-light', colors.light);
      style.setProperty('--name-dark', colors.dark);
    }
    return noChange;
  }

  render(_color: string, _login: string): unknown {
    return noChange;
  }
}

export const tint = directive(Tint);
