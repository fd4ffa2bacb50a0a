// SPDX-License-Identifier: Apache-2.0
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Identity } from '../protocol/source';
import { base } from './tokens';

/** Asks who somebody is; tells `identity` when they have answered. On a development server a name is enough. */
@customElement('clamor-login-dialog')
export class LoginDialog extends LitElement {
  static override styles = [
    base,
    css`
      dialog {
        width: min(400px, calc(100vw - 32px));
        padding: 24px;
        border: 1px solid var(--edge);
        border-radius: 16px;
        background: var(--ground);
        color: var(--ink);
        box-shadow: var(--shadow);
        font-family: var(--font);
      }
      dialog::backdrop {
        background: rgb(10 6 14 / 0.5);
      }
      h2 {
        margin: 0 0 4px;
        font-size: 20px;
      }
      p {
        margin: 0 0 16px;
        font-size: 14px;
        line-height: 1.5;
        color: var(--ink-soft);
      }
      label {
        display: block;
        margin-bottom: 14px;
        font-size: 14px;
        font-weight: 600;
      }
      input {
        display: block;
        width: 100%;
        height: 44px;
        margin-top: 6px;
        padding: 0 12px;
        border: 1px solid var(--edge-strong);
        border-radius: 10px;
        background: var(--ground);
        font-size: 16px;
        font-weight: 400;
      }
      .problem {
        margin: -6px 0 14px;
        font-size: 13px;
        color: var(--problem);
      }
      .buttons {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
        margin-top: 8px;
      }
    `,
  ];

  @property({ type: Boolean }) needsToken = false;
  @state() private problem = '';
  @query('dialog') private dialog!: HTMLDialogElement;
  @query('#name') private name!: HTMLInputElement;
  @query('#token') private token!: HTMLInputElement | null;

  open(problem = ''): void {
    this.problem = problem;
    void this.updateComplete.then(() => {
      if (!this.dialog.open) this.dialog.showModal();
      this.name.focus();
    });
  }

  private readonly onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const login = this.name.value.trim().toLowerCase();
    const token = (this.token?.value ?? '').trim().replace(/^oauth:/i, '');
    if (!/^[a-z0-9_]{1,25}$/.test(login)) {
      this.problem = 'A name has 1 to 25 letters, digits or underscores.';
      this.name.focus();
      return;
    }
    if (/^justinfan\d+$/.test(login)) {
      this.problem = 'Names like this are kept for readers without an account.';
      this.name.focus();
      return;
    }
    if (this.needsToken && token === '') {
      this.problem = 'The token is missing.';
      this.token?.focus();
      return;
    }
    const identity: Identity = { login, token: this.needsToken ? token : login };
    this.dialog.close();
    this.dispatchEvent(new CustomEvent('identity', { detail: identity }));
  };

  override render() {
    return html`<dialog aria-labelledby="title">
      <form @submit=${this.onSubmit} novalidate>
        <h2 id="title">Log in</h2>
        <p>
          ${this.needsToken
            ? 'Use your account and an access token with the scopes chat:read and chat:edit.'
            : 'This server runs in development mode: any name will do.'}
        </p>
        <label
          >Name
          <input id="name" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="25" aria-describedby="problem" />
        </label>
        ${this.needsToken
          ? html`<label
              >Token
              <input id="token" type="password" autocomplete="current-password" spellcheck="false" />
            </label>`
          : nothing}
        <div class="problem" id="problem" role="alert">${this.problem}</div>
        <div class="buttons">
          <button type="button" class="button" @click=${() => this.dialog.close()}>Cancel</button>
          <button class="button primary">Log in</button>
        </div>
      </form>
    </dialog>`;
  }
}
