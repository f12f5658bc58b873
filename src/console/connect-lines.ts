import type { OverviewModel } from './console.pages.js';

/** How each tool is told about this server: lines to copy, and links that install it. `url`: of the MCP endpoint. */
export function connectLines(url: string): OverviewModel['tools'] {
  const plain = JSON.stringify({ mcpServers: { bkend: { type: 'http', url } } }, null, 2);
  const cursor = Buffer.from(JSON.stringify({ url })).toString('base64');
  const code = JSON.stringify({ name: 'bkend', type: 'http', url });
  return [
    {
      name: 'Claude Code',
      how: 'Run this in a terminal, then type /mcp in Claude Code and choose bkend to log in.',
      lines: [{ label: 'Terminal', text: `claude mcp add --transport http bkend ${url}` }],
      link: undefined,
    },
    {
      name: 'Cursor',
      how: 'Install it with the link, or put this in .cursor/mcp.json.',
      lines: [{ label: '.cursor/mcp.json', text: JSON.stringify({ mcpServers: { bkend: { url } } }, null, 2) }],
      link: {
        label: 'Install in Cursor',
        href: `cursor://anysphere.cursor-deeplink/mcp/install?name=bkend&config=${encodeURIComponent(cursor)}`,
      },
    },
    {
      name: 'VS Code',
      how: 'Install it with the link, or run this in a terminal.',
      lines: [{ label: 'Terminal', text: `code --add-mcp '${code}'` }],
      link: { label: 'Install in VS Code', href: `vscode:mcp/install?${encodeURIComponent(code)}` },
    },
    {
      name: 'Any other tool',
      how: 'Give it the address, or this configuration. It finds the rest by itself.',
      lines: [
        { label: 'Address', text: url },
        { label: 'JSON', text: plain },
      ],
      link: undefined,
    },
  ];
}
