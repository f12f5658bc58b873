import type { Moment } from '../../http/moment.js';
import { definePage } from '../../http/page.js';
import type { PasskeyForm } from '../../http/passkey-form.js';
import type { Text } from '../../texts/text.js';
import { CONSOLE, type ConsoleModel } from '../console.pages.js';

export interface SecurityModel extends ConsoleModel {
  readonly failure: Text | undefined;
  readonly app: { readonly since: Moment; readonly used: Moment } | undefined;
  readonly passkeys: readonly {
    readonly id: string;
    readonly name: string;
    readonly since: Moment;
    readonly used: Moment;
  }[];
  readonly newPasskey: string;
  /** How many recovery codes are left; undefined when there is nothing they could stand in for. */
  readonly codes: number | undefined;
  /** There is something recovery codes could stand in for. */
  readonly hasFactor: boolean;
  /** So few that it is time for new ones. */
  readonly fewCodes: boolean;
  readonly setUpApp: string;
  /** What to go on with once there is a factor. */
  readonly next: string | undefined;
}
export const SECURITY_PAGE = definePage<SecurityModel>('console/security/security', CONSOLE);

export interface AppSetupModel extends ConsoleModel {
  readonly failure: Text | undefined;
  /** A picture of what the app is given, as the address of an image. */
  readonly picture: string;
  /** The same to be typed. */
  readonly typed: string;
  readonly setup: string;
  readonly action: string;
}
export const APP_SETUP_PAGE = definePage<AppSetupModel>('console/security/app-setup', CONSOLE);

/** Nothing but a word that it cannot be, without script. */
export const NEW_PASSKEY_PAGE = definePage<
  ConsoleModel & {
    readonly failure: Text | undefined;
    readonly name: string;
    /** What the browser is asked, as JSON. */
    readonly options: string;
    readonly action: string;
  }
>('console/security/passkey-new', { ...CONSOLE, script: 'passkeys' });

/** The one time recovery codes are shown. */
export const RECOVERY_CODES_PAGE = definePage<
  ConsoleModel & { readonly codes: readonly string[]; readonly next: string }
>('console/security/recovery-codes', CONSOLE);

export const STEP_UP_PAGE = definePage<
  ConsoleModel & {
    /** The name of the one that requires it, if one does. */
    readonly organization: string | undefined;
    /** They have a factor that can be asked for here. */
    readonly provable: boolean;
    readonly action: string;
    readonly passkey: PasskeyForm | undefined;
    readonly setUp: string;
    readonly failure: Text | undefined;
  }
>('console/security/step-up', { ...CONSOLE, script: 'passkeys' });
