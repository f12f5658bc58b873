import { Injectable, Logger } from '@nestjs/common';
import { McpServer } from '@modelcontextprotocol/server';
import { Clock } from '../config/clock.js';
import { VERSION } from '../config/version.js';
import { isDatabaseUnavailable } from '../database/database-error.js';
import { Organizations } from '../database/repositories/organizations.repository.js';
import { Projects } from '../database/repositories/projects.repository.js';
import { Users } from '../database/repositories/users.repository.js';
import type { AccessTokenClaims } from '../jwt/access-tokens.service.js';
import { OWN_SCOPES } from '../oauth/scope.js';
import { type Tool, type ToolCall, ToolError } from './tool.js';
import { TOOLS } from './tools/index.js';

const INFO = { name: 'bkend', title: 'bkend MCP', version: VERSION };
const INSTRUCTIONS =
  'Tools for the projects of one organization, in the name of the person who connected. Call whoami to see who and which.';

/** Whose token it is, and where it came from. */
interface Caller {
  readonly claims: AccessTokenClaims;
  readonly address: string;
}

/**
 * Makes the MCP server of one request: it has the tools its token may call, and those it called in vain, which say why.
 */
@Injectable()
export class McpServers {
  private readonly logger = new Logger('MCP');

  constructor(
    private readonly users: Users,
    private readonly organizations: Organizations,
    private readonly projects: Projects,
    private readonly clock: Clock,
  ) {}

  /**
   * `succeeded` is told the name of each tool whose call did; `withheld`: the answers of those that nobody can allow
   * the token.
   */
  make({
    succeeded,
    withheld,
    ...caller
  }: Caller & { succeeded: string[]; withheld: ReadonlyMap<string, string> }): McpServer {
    const server = new McpServer(INFO, { instructions: INSTRUCTIONS });
    const granted = caller.claims.scope.split(' ');
    for (const tool of TOOLS.filter(({ scopes }) => scopes.every((scope) => granted.includes(scope)))) {
      const { title, description, annotations, input, output } = tool;
      server.registerTool(
        tool.name,
        { title, description, annotations, inputSchema: input, outputSchema: output },
        (args) => this.run(tool, args, caller, succeeded),
      );
    }
    for (const [name, sentence] of withheld) server.registerTool(name, {}, () => refusal(sentence));
    return server;
  }

  private async run(tool: Tool, args: Record<string, unknown>, caller: Caller, succeeded: string[]) {
    try {
      const { text, result } = await tool.run(args, await this.call(tool, caller));
      succeeded.push(tool.name);
      return { content: [{ type: 'text' as const, text }], structuredContent: result };
    } catch (error) {
      return refusal(this.sentenceFor(tool, error));
    }
  }

  /** Who calls, as they stand now: a token may be an hour older than a change of role. */
  private async call(tool: Tool, { claims, address }: Caller): Promise<ToolCall> {
    const { users, organizations, projects, clock } = this;
    const role = await organizations.roleOf(claims.sub, claims.org_id);
    if (!role)
      throw new ToolError(
        'The person no longer belongs to this organization. They must connect again and select another.',
      );
    if (OWN_SCOPES.allowed(tool.scopes, role).length < tool.scopes.length)
      throw new ToolError(
        `The person's role, ${role}, does not allow this. An owner or admin of the organization can do it.`,
      );
    return {
      claims,
      actor: { userId: claims.sub, organizationId: claims.org_id, grantId: claims.sid, address },
      role,
      users,
      organizations,
      projects,
      clock,
    };
  }

  private sentenceFor(tool: Tool, error: unknown): string {
    if (error instanceof ToolError) return error.message;
    if (isDatabaseUnavailable(error))
      return 'The server cannot reach its database right now. Nothing was changed. Try again in a few seconds.';
    this.logger.error(`${tool.name}: ${(error as Error).message}`, (error as Error).stack);
    return 'Something went wrong on the server. Nothing more is known; try again, and tell the person if it happens again.';
  }
}

function refusal(sentence: string) {
  return { isError: true, content: [{ type: 'text' as const, text: sentence }] };
}
