import { text } from '../texts/text.js';
import type { OverviewModel } from './console.pages.js';

/** How each tool is told about this server: lines to copy, and links that install it. `url`: of the MCP endpoint. */
export function connectLines(url: string): OverviewModel['tools'] {
  const plain = JSON.stringify({ mcpServers: { bkend: { type: 'http', url } } }, null, 2);
  const cursor = Buffer.from(JSON.stringify({ url })).toString('base64');
  const code = JSON.stringify({ name: 'bkend', type: 'http', url });
  return [
    {
      name: 'Claude Code',
      how: text('overview.claude-code'),
      lines: [{ label: text('overview.terminal'), content: `claude mcp add --transport http bkend ${url}` }],
      link: undefined,
    },
    {
      name: 'Cursor',
      how: text('overview.cursor'),
      lines: [{ label: '.cursor/mcp.json', content: JSON.stringify({ mcpServers: { bkend: { url } } }, null, 2) }],
      link: {
        label: text('overview.install', { tool: 'Cursor' }),
        href: `cursor://anysphere.cursor-deeplink/mcp/install?name=bkend&config=${encodeURIComponent(cursor)}`,
      },
    },
    {
      name: 'VS Code',
      how: text('overview.vscode'),
      lines: [{ label: text('overview.terminal'), content: `code --add-mcp '${code}'` }],
      link: {
        label: text('overview.install', { tool: 'VS Code' }),
        href: `vscode:mcp/install?${encodeURIComponent(code)}`,
      },
    },
    {
      name: text('overview.any'),
      how: text('overview.any-how'),
      lines: [
        { label: text('overview.address'), content: url },
        { label: 'JSON', content: plain },
      ],
      link: undefined,
    },
  ];
}
