import { redirectHost, toolName } from '../clients/names.js';
import type { Connection } from '../database/repositories/grants.repository.js';
import { describeScopes } from '../oauth/scope.js';
import type { ConnectionRow } from './console.pages.js';
import { moment } from './moment.js';

export function connectionRow(connection: Connection, now: Date): ConnectionRow {
  const { redirectUri, metadata, identity } = connection;
  return {
    id: connection.id,
    tool: toolName(metadata, redirectUri),
    selfAsserted: identity === 'self-asserted',
    registered: identity === 'registered',
    verifiedHost: identity === 'verified-domain' ? new URL(connection.clientId).host : undefined,
    redirectHost: redirectHost(redirectUri),
    organization: connection.organizationName,
    permissions: describeScopes(connection.scopes).map(({ sentence }) => sentence),
    since: moment(connection.createdAt, now),
    lastUsed: moment(connection.lastUsedAt, now),
    until: moment(connection.expiresAt, now),
  };
}
