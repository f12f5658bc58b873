import { redirectHost } from '../../clients/names.js';
import { toolIdentity } from '../../clients/tool-identity.js';
import type { KnownClient } from '../../database/repositories/known-clients.repository.js';
import { moment } from '../../http/moment.js';
import { displayName } from '../../organizations/display-name.js';
import type { ClientRow } from './clients.pages.js';

/** A client as operators read it. */
export function clientRow(client: KnownClient, now: Date): ClientRow {
  return {
    id: client.id,
    tool: toolIdentity(client, client.metadata.redirect_uris[0]!),
    trusted: client.trusted,
    since: moment(client.createdAt, now),
    blocked: client.blockedAt ? moment(client.blockedAt, now) : undefined,
  };
}

/** What somebody types to say that they mean this client: its name, where that can be typed. */
export function clientWord({ metadata }: KnownClient): string {
  return displayName(metadata.client_name)?.replace(/\s+/g, ' ') ?? redirectHost(metadata.redirect_uris[0]!);
}
