import { type CanActivate, type ExecutionContext, HttpException, Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Grants } from '../database/repositories/grants.repository.js';
import type { AuthorizedRequest } from '../http/bearer.guard.js';
import { Recording } from '../http/recording.js';
import { Finding } from '../oauth/finding.js';
import { isTooDeep } from '../oauth/nesting.js';
import { parseScope } from '../oauth/scope.js';
import { BearerChallenge } from '../oauth/bearer-challenge.js';
import { Usage } from '../usage/usage.service.js';
import { callsIn, callerOf } from './calls.js';
import type { Tool } from './tool.js';
import { withheldFrom } from './withheld.js';

export interface McpRequest {
  /** The JSON-RPC message or batch of the body; absent when there is none. */
  message?: unknown;
  /** By tool: why its call is answered with an error. */
  withheld?: ReadonlyMap<string, string>;
}

const PARSE_ERROR = {
  jsonrpc: '2.0',
  id: null,
  error: { code: -32_700, message: 'Parse error: the body is not JSON that can be read' },
};

/**
 * A call that needs more than the token carries is answered before it is made: 403, with everything it lacks at once
 * (RFC 6750 §3.1), and what it has, since some tools ask for just what they are told, and would lose the rest. But what
 * the person's role or the organization's policy does not let anybody approve is not asked for, since tools ask the
 * person again each time: such a call gets a tool error. Who is let through costs no query.
 */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(
    private readonly grants: Grants,
    private readonly usage: Usage,
    private readonly recording: Recording,
    private readonly clock: Clock,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthorizedRequest & McpRequest>();
    request.message = messageOf(request.body);
    const tools = callsIn(request.message).flatMap(({ tool }) => tool ?? []);
    return tools.length === 0 || this.allows(request, tools);
  }

  /** Whether these may be called. Throws `insufficient_scope`. */
  private async allows(request: AuthorizedRequest & McpRequest, tools: readonly Tool[]): Promise<boolean> {
    const granted = parseScope(request.user.scope);
    const lacking = (tool: Tool) => tool.scopes.filter((scope) => !granted.includes(scope));
    const short = tools.filter((tool) => lacking(tool).length > 0);
    if (short.length === 0) return true;
    const withheld = await this.withheld(request, short);
    const missing = [...new Set(short.filter(({ name }) => !withheld.has(name)).flatMap(lacking))];
    if (missing.length === 0) {
      request.withheld = withheld;
      return true;
    }
    for (const { tool } of callsIn(request.message))
      this.usage.count(callerOf(request), { tool: tool?.name, scopes: [], failed: true });
    throw new BearerChallenge(
      'insufficient_scope',
      'this call needs a permission that was not approved',
      new Finding('access-token-scope', { granted, missing }),
      [...granted, ...missing],
    );
  }

  /** Of these tools, those whose scopes nobody can approve for this connection. Asks the database. */
  private async withheld(request: AuthorizedRequest, tools: readonly Tool[]): Promise<ReadonlyMap<string, string>> {
    const bounds = await this.grants.boundsOf(request.user.sid, this.clock.now());
    const sentences = new Map<string, string>();
    if (!bounds) return sentences;
    for (const tool of tools) {
      const one = withheldFrom(tool, bounds);
      if (!one) continue;
      sentences.set(tool.name, one.sentence);
      this.recording.failed(request, new Finding('scope-allowed', { missing: one.scope, ...bounds }));
    }
    return sentences;
  }
}

function messageOf(body: unknown): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  const message = parsed(body.toString());
  if (message === undefined || isTooDeep(message)) throw new HttpException(PARSE_ERROR, 400);
  return message;
}

/** Undefined: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
