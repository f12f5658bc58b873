import { All, Controller, Logger, type OnApplicationShutdown, Req, Res, UseGuards } from '@nestjs/common';
import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server';
import { toWebRequest } from '@modelcontextprotocol/node';
import type { FastifyReply } from 'fastify';
import { PATHS } from '../config/paths.js';
import { type AuthorizedRequest, BearerGuard } from '../http/bearer.guard.js';
import { Usage } from '../usage/usage.service.js';
import { callerOf, callsIn } from './calls.js';
import { McpServers } from './mcp-servers.js';
import { OriginGuard } from './origin.guard.js';
import { type McpRequest, ScopeGuard } from './scope.guard.js';

/** Without sessions there is no stream to open by GET, and none to end by DELETE. */
const OTHER_METHOD = JSON.stringify({
  jsonrpc: '2.0',
  id: null,
  error: { code: -32_000, message: 'Method not allowed: send a POST' },
});
const OF_OTHER_METHOD = {
  Allow: 'POST',
  'Cache-Control': 'no-store',
  'Content-Type': 'application/json; charset=utf-8',
};

/**
 * The MCP endpoint (Streamable HTTP): 2026-07-28, and statelessly the 2025 revisions that deployed tools speak. One
 * server a request, so nobody ever gets another's answer.
 */
@Controller(PATHS.mcp)
export class McpController implements OnApplicationShutdown {
  private readonly logger = new Logger('MCP');
  private readonly handler: McpHttpHandler;

  constructor(
    servers: McpServers,
    private readonly usage: Usage,
  ) {
    this.handler = createMcpHandler(({ authInfo }) => servers.make(authInfo!.extra as never), {
      legacy: 'stateless',
      onerror: (error) => this.logger.debug?.(error.message),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.handler.close();
  }

  @All()
  @UseGuards(OriginGuard, BearerGuard, ScopeGuard)
  async serve(@Req() request: AuthorizedRequest & McpRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.method !== 'POST') return void reply.status(405).headers(OF_OTHER_METHOD).send(OTHER_METHOD);
    const gone = new AbortController();
    const { message, user: claims, withheld = new Map() } = request;
    /** The tools whose calls succeeded. */
    const succeeded: string[] = [];
    reply.raw.once('close', () => {
      // An abort makes an error and its stack, so only for who left early.
      if (!reply.raw.writableFinished) gone.abort();
      this.count(request, succeeded, reply.statusCode < 400);
    });
    const webRequest = await toWebRequest(request.raw, message ?? null, { signal: gone.signal });
    const authInfo = {
      token: '',
      clientId: claims.client_id,
      scopes: claims.scope.split(' '),
      expiresAt: claims.exp,
      extra: { claims, address: request.ip, succeeded, withheld },
    };
    const response = await this.handler.fetch(webRequest, {
      authInfo,
      ...(message !== undefined && { parsedBody: message }),
    });
    // What it says is for this caller alone; and a proxy that compresses a stream holds it back.
    response.headers.set('Cache-Control', 'no-store, no-transform');
    await reply.send(response);
  }

  /** Once the answer is over: a call never waits for being counted. */
  private count(request: AuthorizedRequest & McpRequest, succeeded: string[], answered: boolean): void {
    for (const { asksTool, tool } of callsIn(request.message)) {
      const done = succeeded.indexOf(tool?.name ?? '');
      if (done >= 0) succeeded.splice(done, 1);
      const failed = asksTool ? done < 0 : !answered;
      const used = request.withheld?.has(tool?.name ?? '') ? [] : tool?.scopes;
      this.usage.count(callerOf(request), { tool: tool?.name, scopes: used ?? [], failed });
    }
  }
}
