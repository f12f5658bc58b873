import { createPublicKey } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { jwtVerify } from 'jose';
import { z } from 'zod';

/*
 * An MCP server as the official SDK's guide builds it: Express, `requireBearerAuth` with a verifier that checks the JWT,
 * and a server and transport for each request, since it keeps no sessions.
 */

const { PORT, PUBLIC_KEY } = /** @type {{ PORT: string, PUBLIC_KEY: string }} */ (process.env);
const key = createPublicKey(PUBLIC_KEY);
const TOOLS = [
  'whoami',
  'get_organization',
  'list_projects',
  'get_project',
  'create_project',
  'rename_project',
  'delete_project',
];

function mcpServer() {
  const server = new McpServer({ name: 'peer', version: '1.0.0' });
  for (const name of TOOLS)
    server.registerTool(
      name,
      {
        title: name,
        description: `A tool called ${name}, described in a sentence of the usual length for a tool.`,
        inputSchema: { id: z.string().max(100).describe('Which one'), name: z.string().max(100).optional() },
        outputSchema: { id: z.string(), name: z.string() },
      },
      async ({ id }) => ({ content: [{ type: 'text', text: id }], structuredContent: { id, name } }),
    );
  return server;
}

const authenticate = requireBearerAuth({
  verifier: {
    async verifyAccessToken(token) {
      const { payload } = await jwtVerify(token, key, { algorithms: ['ES256'], audience: 'bench' });
      return { token, clientId: 'bench', scopes: ['things'], expiresAt: Number(payload.exp) };
    },
  },
});

const app = express();
app.use(express.json());
app.get('/mcp', authenticate, (_request, response) => void response.status(405).end());
app.post('/mcp', authenticate, async (request, response) => {
  const server = mcpServer();
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  response.on('close', () => {
    void transport.close();
    void server.close();
  });
  await server.connect(/** @type {any} */ (transport));
  await transport.handleRequest(request, response, request.body);
});
app.listen(Number(PORT), '127.0.0.1', () => process.stdout.write('ready\n'));
