import type { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { newSupportCode } from '../oauth/support-code.js';
import { plainly, type Text, text, type TextKey } from '../texts/text.js';

/** A text that has another which says why, and one that says what to do now. */
export type FailureKey = { [Key in TextKey]: `${Key}-why` extends TextKey ? Key : never }[TextKey];

interface Details {
  /** Of all three texts. Never of the request, but for a name that was checked. */
  readonly values?: Text['values'];
  readonly link?: { readonly label: Text; readonly href: string };
  /** Another way on. */
  readonly other?: Details['link'];
}

/** A failure with words for the person in front of the page. */
export class PageFailure extends Error {
  readonly title: Text;
  readonly explanation: Text;
  readonly advice: Text;
  readonly supportCode: string;
  readonly link: Details['link'];
  readonly other: Details['link'];

  constructor(
    readonly status: number,
    key: FailureKey,
    cause: Finding | OAuthError,
    { values, link, other }: Details = {},
  ) {
    super(plainly(text(key, values), 'en'), { cause });
    this.title = text(key, values);
    this.explanation = text(`${key}-why` as TextKey, values);
    this.advice = text(`${key}-advice` as TextKey, values);
    this.supportCode = cause instanceof OAuthError ? cause.supportCode : newSupportCode();
    this.link = link;
    this.other = other;
  }
}
