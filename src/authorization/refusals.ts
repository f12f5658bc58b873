import type { Client } from '../clients/clients.service.js';
import { PageFailure } from '../http/page-failure.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import { text, type Words } from '../texts/text.js';

/* What a person reads when a tool asked in a way that cannot be answered. */

/** The tool is known and so is its redirect URI: the person may go back to it with the error. */
export function refusalPage(error: OAuthError, tool: Words, href: string): PageFailure {
  return new PageFailure(400, 'error.refused', error, {
    values: { tool, reason: error.description },
    link: { label: text('error.return', { tool }), href },
  });
}

export function unreadableTool(clientId: string, cause: Error): PageFailure {
  const finding = new Finding('client-document', { client_id: clientId, found: cause });
  return new PageFailure(400, 'error.unreadable', finding);
}

export function removedResource(uri: string): PageFailure {
  return new PageFailure(400, 'error.no-resource', new Finding('resource-known', { asked: uri }));
}

export function unknownClient(clientId: string): PageFailure {
  return new PageFailure(400, 'error.unknown-client', new Finding('client-known', { client_id: clientId }));
}

export function unprovenRedirectUri(
  rule: 'redirect-uri-form' | 'redirect-uri-registered',
  presented: string | undefined,
  { clientId, metadata }: Pick<Client, 'clientId' | 'metadata'>,
): PageFailure {
  const finding = new Finding(rule, { client_id: clientId, presented, registered: metadata.redirect_uris });
  return new PageFailure(400, 'error.redirect', finding);
}

/** Before the redirect URI is proven, every refusal is a page. */
export function shown<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new PageFailure(400, 'error.incomplete', error);
  }
}
