import { AccessRequest } from './access-request.entity.js';
import { AttemptRing } from './attempt-ring.entity.js';
import { AttemptStep } from './attempt-step.entity.js';
import { AuditEvent } from './audit-event.entity.js';
import { AuditLink } from './audit-link.entity.js';
import { AuthenticatorApp } from './authenticator-app.entity.js';
import { Client } from './client.entity.js';
import { ConnectionHour } from './connection-hour.entity.js';
import { ConnectionUse } from './connection-use.entity.js';
import { DeletedProject } from './deleted-project.entity.js';
import { DeniedRequest } from './denied-request.entity.js';
import { FormerConnection } from './former-connection.entity.js';
import { Grant } from './grant.entity.js';
import { Invitation } from './invitation.entity.js';
import { Membership } from './membership.entity.js';
import { Organization } from './organization.entity.js';
import { Passkey } from './passkey.entity.js';
import { PolicyRule } from './policy-rule.entity.js';
import { Project } from './project.entity.js';
import { RateLimit } from './rate-limit.entity.js';
import { RecoveryCode } from './recovery-code.entity.js';
import { Resource } from './resource.entity.js';
import { Session } from './session.entity.js';
import { SigningKey } from './signing-key.entity.js';
import { Sweep } from './sweep.entity.js';
import { TableSize } from './table-size.entity.js';
import { UsageDay } from './usage-day.entity.js';
import { User } from './user.entity.js';

export const ENTITIES = [
  AccessRequest,
  AttemptRing,
  AttemptStep,
  AuditEvent,
  AuditLink,
  AuthenticatorApp,
  Client,
  ConnectionHour,
  ConnectionUse,
  DeletedProject,
  DeniedRequest,
  FormerConnection,
  Grant,
  Invitation,
  Membership,
  Organization,
  Passkey,
  PolicyRule,
  Project,
  RateLimit,
  RecoveryCode,
  Resource,
  Session,
  SigningKey,
  Sweep,
  TableSize,
  UsageDay,
  User,
];
