import type { Moment } from '../../http/moment.js';
import { definePage, type Form } from '../../http/page.js';
import type { Text, Words } from '../../texts/text.js';
import { type ConsoleModel, CONSOLE } from '../console.pages.js';
import type { AuditRow } from '../audit-lines.js';

interface EntryModel {
  readonly title: Text;
  readonly form: Form;
  readonly failure: Text | undefined;
}

export const SIGN_UP_PAGE = definePage<EntryModel & { readonly email: string; readonly login: string }>(
  'console/sign-up',
);

/** `email`: of whom the link was sent to. */
type ByLink = EntryModel & { readonly email: string; readonly minPasswordLength: number };
export const SIGN_UP_FINISH_PAGE = definePage<ByLink & { readonly name: string }>('console/sign-up-finish');
export const RESET_PASSWORD_PAGE = definePage<ByLink>('console/reset-password');

export const FORGOT_PASSWORD_PAGE = definePage<Omit<EntryModel, 'failure'> & Pick<MailSentModel, 'delivers'>>(
  'console/forgot-password',
);

export interface MailSentModel {
  readonly title: Text;
  readonly email: string;
  /** Whether this server sends mail at all. */
  readonly delivers: boolean;
  /** Where to go on afterwards, in this browser. */
  readonly next: string | undefined;
}
export const MAIL_SENT_PAGE = definePage<MailSentModel>('console/mail-sent');

export interface AccountModel extends ConsoleModel {
  readonly failure: Text | undefined;
  readonly name: string;
  readonly minPasswordLength: number;
  /** This one, then the others of this page. */
  readonly sessions: readonly {
    readonly id: string;
    readonly device: Words;
    readonly address: string;
    readonly since: Moment;
    readonly seen: Moment;
    readonly current: boolean;
  }[];
  /** There are others than this one. */
  readonly others: boolean;
  readonly moreSessions: string | undefined;
  readonly events: readonly AuditRow[];
  readonly older: string | undefined;
  /** Where both lists begin, when one of them is further. */
  readonly first: string | undefined;
}
export const ACCOUNT_PAGE = definePage<AccountModel>('console/account', CONSOLE);

export const DELETE_ACCOUNT_PAGE = definePage<ConsoleModel & { readonly failure: Text | undefined }>(
  'console/delete-account',
  CONSOLE,
);
export const CONFIRM_EMAIL_PAGE = definePage<ConsoleModel & { readonly email: string; readonly action: string }>(
  'console/confirm-email',
  CONSOLE,
);
