import type { Config } from './config/config.js';

/** What somebody who has just started the server needs next. */
export function banner(config: Pick<Config, 'origin' | 'resource'>, setupLink: string | undefined): string {
  const setup = setupLink
    ? `
  First, make your account (this link works once, for 30 minutes):
    ${setupLink}
`
    : '';
  return `
  bkend MCP Auth is ready.

    Console      ${config.origin}/console
    MCP server   ${config.resource}
${setup}
  Connect Claude Code:
    claude mcp add --transport http bkend ${config.resource}

`;
}
