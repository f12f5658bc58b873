import type { Client } from '../clients/clients.service.js';
import { toolName } from '../clients/names.js';
import type { AskingTool } from './authorization.pages.js';

export function askingTool({ clientId, metadata, identity }: Client, redirectUri: string): AskingTool {
  return {
    name: toolName(metadata, redirectUri),
    selfAsserted: identity === 'self-asserted',
    registered: identity === 'registered',
    verifiedHost: identity === 'verified-domain' ? new URL(clientId).host : undefined,
  };
}
