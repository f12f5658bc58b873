import type { Connection } from '../database/repositories/grants.repository.js';
import { redirectTarget } from '../oauth/redirect-uri.js';
import { describeScopes } from '../oauth/scope.js';
import type { ConnectionRow } from './console.pages.js';
import { moment } from './moment.js';

export function connectionRow(connection: Connection, now: Date): ConnectionRow {
  const { redirectUri, metadata } = connection;
  const redirectHost =
    redirectTarget(redirectUri) === 'private-use'
      ? redirectUri.slice(0, redirectUri.indexOf(':') + 1)
      : new URL(redirectUri).host;
  return {
    id: connection.id,
    tool: metadata.client_name ?? `A tool at ${redirectHost}`,
    selfAsserted: connection.identity === 'self-asserted',
    redirectHost,
    organization: connection.organizationName,
    permissions: describeScopes(connection.scopes).map(({ sentence }) => sentence),
    since: moment(connection.createdAt, now),
    lastUsed: moment(connection.lastUsedAt, now),
    until: moment(connection.expiresAt, now),
  };
}
