import { PageFailure } from '../http/page-failure.js';
import type { Client } from '../clients/clients.service.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';

/* What a person reads when a tool asked in a way that cannot be answered. */

/** The tool is known and so is its redirect URI: the person may go back to it with the error. */
export function refusalPage(error: OAuthError, name: string, href: string): PageFailure {
  return new PageFailure(
    400,
    `${name} cannot be connected like this`,
    `The tool asked in a way this server does not accept: ${error.description}.`,
    'Go back to the tool and try again. If it keeps happening, update the tool, or remove this server from it and add it again.',
    error,
    { label: `Return to ${name}`, href },
  );
}

export function unreadableTool(clientId: string, cause: Error): PageFailure {
  return new PageFailure(
    400,
    'The tool could not be checked',
    'It says who it is by a document on its own site, and that document cannot be read right now, or is not a valid one.',
    'Try again in a minute. If it stays like this, tell whoever makes the tool.',
    new Finding('client-document', { client_id: clientId, found: cause }),
  );
}

export function removedResource(uri: string): PageFailure {
  return new PageFailure(
    400,
    'There is nothing to connect to any more',
    'The server that the tool wanted to use was removed here meanwhile.',
    'Ask whoever runs this server.',
    new Finding('resource-known', { asked: uri }),
  );
}

export function unknownClient(clientId: string): PageFailure {
  return new PageFailure(
    400,
    'This server does not know the tool',
    'The tool used a registration that this server did not make, or no longer accepts.',
    'Remove this server from the tool, add it again, and connect.',
    new Finding('client-known', { client_id: clientId }),
  );
}

export function unprovenRedirectUri(
  rule: 'redirect-uri-form' | 'redirect-uri-registered',
  presented: string | undefined,
  { clientId, metadata }: Pick<Client, 'clientId' | 'metadata'>,
): PageFailure {
  return new PageFailure(
    400,
    'The answer would go to an unknown place',
    'The tool asked for the answer to be sent to an address it did not register. For your safety nothing was sent.',
    'Do not continue if you did not start this. Otherwise remove this server from the tool, add it again, and connect.',
    new Finding(rule, { client_id: clientId, presented, registered: metadata.redirect_uris }),
  );
}

/** Before the redirect URI is proven, every refusal is a page. */
export function shown<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new PageFailure(
      400,
      'This link is incomplete',
      'The tool that opened this page did not say properly who it is or where the answer goes.',
      'Go back to the tool and connect again.',
      error,
    );
  }
}
