import type { ClientIdentity } from '../oauth/client-metadata.js';
import type { Words } from '../texts/text.js';
import { redirectHost, toolName } from './names.js';

/** Who a tool is, as people are shown it: its name, and whose word for that there is. */
export interface ToolIdentity {
  /** What it calls itself; its redirect host when it gave no name. */
  readonly name: Words;
  /** Its name is only its own word. */
  readonly selfAsserted: boolean;
  /** An administrator of this server vouches for it. */
  readonly registered: boolean;
  /** The host that publishes it, when its metadata was fetched from there. */
  readonly verifiedHost: string | undefined;
  /** Where its answer goes: the host (and port) of the redirect URI, or the scheme of an application. */
  readonly redirectHost: string;
}

interface Identified {
  readonly clientId: string;
  readonly identity: ClientIdentity;
  readonly metadata: { readonly client_name?: string | null };
}

export function toolIdentity({ clientId, identity, metadata }: Identified, redirectUri: string): ToolIdentity {
  return {
    name: toolName(metadata.client_name, redirectUri),
    selfAsserted: identity === 'self-asserted',
    registered: identity === 'registered',
    verifiedHost: identity === 'verified-domain' ? new URL(clientId).host : undefined,
    redirectHost: redirectHost(redirectUri),
  };
}
