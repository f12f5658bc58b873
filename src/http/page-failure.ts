import type { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { newSupportCode } from '../oauth/support-code.js';

/** A failure with words for the person in front of the page. Both texts are constant: they never quote the request. */
export class PageFailure extends Error {
  readonly supportCode: string;
  readonly link: { readonly label: string; readonly href: string } | undefined;

  constructor(
    readonly status: number,
    readonly title: string,
    readonly explanation: string,
    readonly advice: string,
    cause: Finding | OAuthError,
    link?: { label: string; href: string },
  ) {
    super(`${title}: ${explanation}`, { cause });
    this.supportCode = cause instanceof OAuthError ? cause.supportCode : newSupportCode();
    this.link = link;
  }
}
