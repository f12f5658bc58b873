import type { AuthorizedRequest } from '../http/bearer.guard.js';
import type { Caller } from '../usage/usage.service.js';
import type { Tool } from './tool.js';
import { TOOLS } from './tools/index.js';

/** One JSON-RPC request of a message. */
interface McpCall {
  readonly asksTool: boolean;
  /** The tool it asks for, if there is one of that name. */
  readonly tool: Tool | undefined;
}

/** The requests of a message or batch; other notifications and answers are none. */
export function callsIn(message: unknown): McpCall[] {
  if (message === undefined) return [];
  return [message].flat().flatMap((one) => {
    const { id, method, params } = Object(one) as { id?: unknown; method?: unknown; params?: unknown };
    const { name } = Object(params) as { name?: unknown };
    const asksTool = method === 'tools/call';
    if (typeof method !== 'string' || (id === undefined && !asksTool)) return [];
    return [{ asksTool, tool: asksTool ? TOOLS.find((tool) => tool.name === name) : undefined }];
  });
}

/** Whose call it is: the connection of the verified token. */
export function callerOf({ user, ip }: AuthorizedRequest): Caller {
  return { grantId: user.sid, organizationId: user.org_id, address: ip };
}
