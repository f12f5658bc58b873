import { redirectHost, toolName } from '../../clients/names.js';
import type { KnownClient } from '../../database/repositories/known-clients.repository.js';
import { moment } from '../../http/moment.js';
import { displayName } from '../../organizations/display-name.js';
import type { ClientRow } from './clients.pages.js';

/** A client as operators read it. */
export function clientRow({ id, identity, clientId, metadata, trusted, ...known }: KnownClient, now: Date): ClientRow {
  const uri = metadata.redirect_uris[0]!;
  return {
    id,
    tool: toolName(metadata, uri),
    selfAsserted: identity === 'self-asserted',
    registered: identity === 'registered',
    verifiedHost: identity === 'verified-domain' ? new URL(clientId).host : undefined,
    redirectHost: redirectHost(uri),
    trusted,
    since: moment(known.createdAt, now),
    blocked: known.blockedAt ? moment(known.blockedAt, now) : undefined,
  };
}

/** What somebody types to say that they mean this client: its name, where that can be typed. */
export function clientWord({ metadata }: KnownClient): string {
  return displayName(metadata.client_name)?.replace(/\s+/g, ' ') ?? redirectHost(metadata.redirect_uris[0]!);
}
