/** What matters of a tool from outside: where it runs, how it becomes a client, where its answers go. */
export interface ToolProfile {
  readonly name: string;
  /** It runs at its maker's, and reaches public addresses only. */
  readonly hosted?: true;
  /** The origin of the web page it runs in. */
  readonly page?: string;
  /** It publishes itself here, and registers only where documents are not read. */
  readonly document?: string;
  readonly redirectUris: readonly [string, ...string[]];
}

/** The tools that can be stood in for, by what they are called on the command line. */
export const TOOLS: Readonly<Record<string, ToolProfile>> = {
  any: { name: 'any tool', redirectUris: ['http://127.0.0.1:53682/callback'] },
  'claude-code': {
    name: 'Claude Code',
    document: 'https://claude.ai/oauth/claude-code-client-metadata',
    redirectUris: ['http://localhost:53124/callback'],
  },
  claude: {
    name: 'Claude (web, desktop, mobile)',
    hosted: true,
    document: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    redirectUris: ['https://claude.ai/api/mcp/auth_callback'],
  },
  chatgpt: {
    name: 'ChatGPT',
    hosted: true,
    document: 'https://chatgpt.com/oauth/client.json',
    redirectUris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
  },
  vscode: {
    name: 'VS Code',
    document: 'https://vscode.dev/oauth/client-metadata.json',
    redirectUris: ['http://127.0.0.1:33418/', 'http://127.0.0.1/', 'https://vscode.dev/redirect'],
  },
  'copilot-cli': {
    name: 'Copilot CLI',
    document: 'https://github.com/copilot/cli/client-metadata.json',
    redirectUris: ['http://127.0.0.1:33418/'],
  },
  cursor: {
    name: 'Cursor',
    redirectUris: [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
  },
  codex: {
    name: 'Codex',
    document: 'https://chatgpt.com/oauth/codex/client.json',
    redirectUris: ['http://127.0.0.1:1455/callback'],
  },
  'gemini-cli': { name: 'Gemini CLI', redirectUris: ['http://localhost:7777/oauth/callback'] },
  inspector: {
    name: 'MCP Inspector',
    page: 'http://localhost:6274',
    redirectUris: ['http://localhost:6274/oauth/callback'],
  },
  'mcp-remote': { name: 'mcp-remote', redirectUris: ['http://localhost:3334/oauth/callback'] },
  opencode: {
    name: 'opencode',
    document: 'https://opencode.ai/oauth/opencode/client.json',
    redirectUris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
  },
  zed: {
    name: 'Zed',
    document: 'https://zed.dev/oauth/client-metadata.json',
    redirectUris: ['http://127.0.0.1:35117/callback'],
  },
  goose: { name: 'Goose', redirectUris: ['http://localhost:45561/oauth_callback'] },
};
