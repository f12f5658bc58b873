import type { Client } from '../clients/clients.service.js';
import { redirectTarget } from '../oauth/redirect-uri.js';
import type { AskingTool } from './authorization.pages.js';

/** Where the answer goes, as a person can read it: host and port, or the scheme of an application. */
export function redirectHost(redirectUri: string): string {
  return redirectTarget(redirectUri) === 'private-use'
    ? redirectUri.slice(0, redirectUri.indexOf(':') + 1)
    : new URL(redirectUri).host;
}

/** What the tool calls itself; where the answer goes when it gave no name. */
export function toolName({ metadata }: Client, redirectUri: string): string {
  return metadata.client_name ?? `A tool at ${redirectHost(redirectUri)}`;
}

export function askingTool(client: Client, redirectUri: string): AskingTool {
  return { name: toolName(client, redirectUri), selfAsserted: client.identity === 'self-asserted' };
}
