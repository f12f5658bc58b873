import { Initial1700000000000 } from './1700000000000-initial.js';
import { TrustedClients1700000001000 } from './1700000001000-trusted-clients.js';
import { PinnedMetadata1700000002000 } from './1700000002000-pinned-metadata.js';
import { Resources1700000003000 } from './1700000003000-resources.js';
import { Locales1700000004000 } from './1700000004000-locales.js';
import { Invitations1700000005000 } from './1700000005000-invitations.js';
import { SecondFactors1700000006000 } from './1700000006000-second-factors.js';
import { Policy1700000007000 } from './1700000007000-policy.js';
import { Usage1700000008000 } from './1700000008000-usage.js';
import { AuditChain1700000009000 } from './1700000009000-audit-chain.js';
import { Attempts1700000010000 } from './1700000010000-attempts.js';
import { AccessRequests1700000011000 } from './1700000011000-access-requests.js';
import { Suspension1700000012000 } from './1700000012000-suspension.js';
import { Passkeys1700000013000 } from './1700000013000-passkeys.js';
import { Log1700000014000 } from './1700000014000-log.js';
import { UsageDays1700000015000 } from './1700000015000-usage-days.js';
import { RequiredSecondFactor1700000016000 } from './1700000016000-required-second-factor.js';
import { Sweeps1700000017000 } from './1700000017000-sweeps.js';
import { DeletedProjects1700000019000 } from './1700000019000-deleted-projects.js';

/** In the order they run. Generated, then read, then never edited. */
export const MIGRATIONS = [
  Initial1700000000000,
  TrustedClients1700000001000,
  PinnedMetadata1700000002000,
  Resources1700000003000,
  Locales1700000004000,
  Invitations1700000005000,
  SecondFactors1700000006000,
  Policy1700000007000,
  Usage1700000008000,
  AuditChain1700000009000,
  Attempts1700000010000,
  AccessRequests1700000011000,
  Suspension1700000012000,
  Passkeys1700000013000,
  Log1700000014000,
  UsageDays1700000015000,
  RequiredSecondFactor1700000016000,
  Sweeps1700000017000,
  DeletedProjects1700000019000,
];
