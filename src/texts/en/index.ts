import { ACCESS } from './access.js';
import { ACCOUNTS } from './accounts.js';
import { APPROVAL } from './approval.js';
import { ATTEMPTS } from './attempts.js';
import { AUDIT } from './audit.js';
import { COMMON } from './common.js';
import { CONSOLE } from './console.js';
import { MEMBERS } from './members.js';
import { OPERATOR } from './operator.js';
import { POLICY } from './policy.js';
import { REQUIRED } from './required.js';
import { RESOURCES } from './resources.js';
import { SECURITY } from './security.js';
import { SETTINGS } from './settings.js';
import { STORAGE } from './storage.js';
import { USAGE } from './usage.js';

/**
 * Every text that people read, in English. ICU MessageFormat; `<b>` is emphasis, `<n>` encloses a name somebody gave.
 */
export const EN = {
  ...COMMON,
  ...ACCESS,
  ...ACCOUNTS,
  ...APPROVAL,
  ...ATTEMPTS,
  ...AUDIT,
  ...CONSOLE,
  ...MEMBERS,
  ...OPERATOR,
  ...POLICY,
  ...REQUIRED,
  ...RESOURCES,
  ...SECURITY,
  ...SETTINGS,
  ...STORAGE,
  ...USAGE,
} as const;

export type TextKey = keyof typeof EN;
