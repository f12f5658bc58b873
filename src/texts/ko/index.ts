import type { TextKey } from '../en/index.js';
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

/** The same in Korean. */
export const KO: Readonly<Record<TextKey, string>> = {
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
};
