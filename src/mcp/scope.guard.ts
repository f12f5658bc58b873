import { type CanActivate, type ExecutionContext, HttpException, Injectable } from '@nestjs/common';
import type { AuthorizedRequest } from '../http/bearer.guard.js';
import { Finding } from '../oauth/finding.js';
import { isTooDeep } from '../oauth/nesting.js';
import { BearerChallenge } from '../oauth/bearer-challenge.js';
import { Usage } from '../usage/usage.service.js';
import { callsIn, callerOf } from './calls.js';

export interface McpRequest {
  /** The JSON-RPC message or batch of the body; absent when there is none. */
  message?: unknown;
}

const PARSE_ERROR = {
  jsonrpc: '2.0',
  id: null,
  error: { code: -32_700, message: 'Parse error: the body is not JSON that can be read' },
};

/** A call that needs more than the token carries is answered before it is made: 403, with everything it lacks at once (RFC 6750 §3.1). */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(private readonly usage: Usage) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthorizedRequest & McpRequest>();
    request.message = messageOf(request.body);
    const granted = request.user.scope.split(' ');
    const calls = callsIn(request.message);
    const needed = calls.flatMap(({ tool }) => tool?.scopes ?? []);
    const missing = [...new Set(needed.filter((scope) => !granted.includes(scope)))];
    if (missing.length > 0) {
      for (const { tool } of calls) this.usage.count(callerOf(request), { tool: tool?.name, scopes: [], failed: true });
      throw new BearerChallenge(
        'insufficient_scope',
        'this call needs a permission that was not approved',
        new Finding('access-token-scope', { granted, missing }),
        missing,
      );
    }
    return true;
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
